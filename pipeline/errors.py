"""What can be refused, named by who must act. Anything else that is raised is a fault of ours."""

from __future__ import annotations

from dataclasses import dataclass


class Refused(Exception):  # noqa: N818 - a refusal is an answer; its subclasses say whose turn it is
    """Something was refused for a stated reason, and nothing published has changed."""


@dataclass(frozen=True)
class Place:
    """Where in a pushed file something is wrong: counted as the sender's program counts, from 1."""

    record: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """`record 7, column 'Q3'`, as much of it as is known."""
        parts = []
        if self.record is not None:
            parts.append(f"record {self.record}")
        if self.column is not None:
            parts.append(f"column {self.column!r}")
        return ", ".join(parts)


class ExportRejected(Refused):
    """The sender must mend and push the file again. Carries a reason code and a place, never a value."""

    def __init__(self, reason: str, message: str, place: Place = Place()) -> None:
        """`reason` is a stable code for counting; `message` says who must do what."""
        super().__init__(f"{place}: {message}" if str(place) else message)
        self.reason = reason
        self.place = place


class SurveyInvalid(Refused):
    """The owner of the survey file must change it: the message names the key and what is allowed there."""


class EngineMissing(SurveyInvalid):
    """A wave is to be counted where this process cannot count; whoever runs it starts it there."""


class OrganisationInvalid(Refused):
    """The sender of the units or people file must mend it: the message names the units, never a person."""


class RunRefused(Refused):
    """A run may not go on as things stand: a gate stopped it, an input is missing, or the wave is published."""


class DisclosureLeak(Refused):
    """We failed: somebody could be found in what was about to be published, so nothing is published."""


class StoreConflict(Exception):  # noqa: N818 - named like the HTTP condition (409/412) that it stands for
    """A conditional write found something else there than it was told to expect; read again and decide."""


class NotStored(Exception):  # noqa: N818 - named like the HTTP condition (404) that it stands for
    """There is no object under this key."""
