"""What a release says of itself, and its name, which is the hash of that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.content import sha256

if TYPE_CHECKING:
    from pipeline.survey import Survey

FORMAT = "pulsverk-release/1"
MANIFEST = "manifest.json"
DISCLOSURE = "disclosure.json"


@dataclass(frozen=True)
class Published:
    """One publication: the run of a wave that made a release."""

    wave: str
    run: str
    release: str


@dataclass(frozen=True)
class PublishedWave:
    """One wave of a release: the run that made it, what went in, the release it was built on, what the gates wrote.

    `judged` counts, for each gate that the wave passed before its release was made, the `requirements` it was held
    against and the `warnings` among them; empty for a wave published before they were counted. `supersedes` is the
    release that published the wave before, whose rows of it are replaced; None for the first time.
    """

    wave: str
    run: str
    base: str | None
    inputs: Any  # as the run wrote them down
    gates: str  # sha256 of gates.json
    supersedes: str | None = None
    judged: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class About:
    """Everything a manifest says besides its list of files. The last of `waves` is the one being published.

    `before` are all publications that led to the base, the first one first.
    """

    survey: Survey
    code_version: str
    base: str | None
    waves: tuple[PublishedWave, ...]
    before: tuple[Published, ...] = ()

    @property
    def published(self) -> PublishedWave:
        """The wave that this release adds to its base."""
        return self.waves[-1]


@dataclass(frozen=True)
class Draft:
    """What the release of a candidate would be before its audit, byte for byte: to be judged, never to be written."""

    id: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Release:
    """Files by path, the manifest among them; `id` is the first 16 hex digits of the manifest's sha256.

    `draft` is the name it was judged by: that of the same release without the PDFs of its pages.
    """

    id: str
    files: Mapping[str, bytes]
    manifest: bytes
    draft: str


def seal(files: Mapping[str, bytes], about: About, printed: Mapping[str, bytes] | None = None) -> Release:
    """Adds the manifest to the files and names the release. The same input gives the same bytes and the same name.

    `printed` are PDFs made of pages among the files, which are not judged a second time.
    """
    draft = _manifest(files, about)
    files = {**files, **(printed or {})}
    manifest = _manifest(files, about) if printed else draft
    return Release(sha256(manifest)[:16], {**files, MANIFEST: manifest}, manifest, sha256(draft)[:16])


def _manifest(files: Mapping[str, bytes], about: About) -> bytes:
    file = about.survey.file
    return canonical(
        {
            "format": FORMAT,
            "survey": about.survey.id,
            "organisation": file.organisation,
            "base": about.base,
            "code_version": about.code_version,
            "survey_sha256": about.survey.sha256,
            "minimum_group_size": {
                "mean": file.minimum_group_size.mean,
                "distribution": file.minimum_group_size.distribution,
            },
            "waves": [vars(one) for one in about.waves],
            "published": [vars(one) for one in about.before],
            "files": {path: {"sha256": sha256(data), "size": len(data)} for path, data in files.items()},
        },
    )


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """JSON with sorted keys and one value a line: the same value, the same bytes."""
    return (json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def run_of(inputs: Mapping[str, Any]) -> str:
    """The name of the run that is made from these inputs: 16 hex digits."""
    return sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":")).encode())[:16]
