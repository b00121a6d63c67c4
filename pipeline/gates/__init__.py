"""What the gates measure, before anybody judges it: small tables without an answer or a person, one row a subject."""

from pipeline.gates.aggregates import AGGREGATES, aggregates
from pipeline.gates.artifacts import ARTIFACTS, artifacts
from pipeline.gates.before import Before, before
from pipeline.gates.page import Checked, pages
from pipeline.gates.propose import propose, to_json
from pipeline.gates.responses import RESPONSES, responses
from pipeline.gates.roster import Roster
from pipeline.gates.rows import with_days, with_sums
from pipeline.gates.verdict import Gate, Gates

__all__ = [
    "AGGREGATES",
    "ARTIFACTS",
    "RESPONSES",
    "Before",
    "Checked",
    "Gate",
    "Gates",
    "Roster",
    "aggregates",
    "artifacts",
    "before",
    "pages",
    "propose",
    "responses",
    "to_json",
    "with_days",
    "with_sums",
]
