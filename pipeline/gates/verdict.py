"""What became of a run at its gates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from pipeline.suites import STAGES

if TYPE_CHECKING:
    from pipeline.quality import Outcome
    from pipeline.suites import Stage


@dataclass(frozen=True)
class Gate:
    """One suite held against its tables. `problem` says why it could not be judged at all, and is "" otherwise."""

    stage: Stage
    passed: bool
    outcomes: tuple[Outcome, ...] = ()
    problem: str = ""

    @property
    def warnings(self) -> tuple[Outcome, ...]:
        """What is not as expected and does not stop the wave."""
        return tuple(one for one in self.outcomes if not one.passed and not one.stops)


@dataclass(frozen=True)
class Gates:
    """What was judged and how it went. `tables` names each judged object by key with the sha256 of its bytes.

    `release` is the name of the release that was judged, "" where none was made.
    """

    run: str
    tables: Mapping[str, str] = field(default_factory=dict)
    suites: Mapping[str, str] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    release: str = ""

    def passed(self, stages: tuple[Stage, ...] = STAGES) -> bool:
        """True when each of these stages has a gate, no other stage has one, and all of them passed."""
        return tuple(gate.stage for gate in self.gates) == stages and all(gate.passed for gate in self.gates)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is not as expected and does not stop the wave, a line each."""
        return tuple(f"{gate.stage}: {one}" for gate in self.gates for one in gate.warnings)

    def to_json(self, stages: tuple[Stage, ...]) -> bytes:
        """The content of gates.json or artifacts.json: the same judgement gives the same bytes."""
        document = {
            "run": self.run,
            "release": self.release,
            "passed": self.passed(stages),
            "tables": dict(self.tables),
            "suites": dict(self.suites),
            "gates": [asdict(gate) for gate in self.gates],
        }
        return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
