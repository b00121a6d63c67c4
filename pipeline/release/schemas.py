"""The tables around the facts, column by column with what each says, and what tells two rows of one apart."""

from __future__ import annotations

import pyarrow as pa

from pipeline.facts import DISTRIBUTIONS, FACTS


def _text(name: str, nb: str, en: str, *, null: bool = False) -> pa.Field:
    return _field(name, pa.string(), nb, en, null=null)


def _field(name: str, kind: pa.DataType, nb: str, en: str, *, null: bool = False) -> pa.Field:
    """A column whose meaning travels with it, for whoever reads the table without us."""
    return pa.field(name, kind, nullable=null, metadata={"description_nb": nb, "description_en": en})


_WAVE = _text("wave", "Målingens id; treet er målingens eget", "Id of the wave; the tree is the wave's own")

UNITS = pa.schema(
    [
        _WAVE,
        _text("unit", "Enhetens id", "Id of the unit"),
        _text("parent", "Enheten over; tomt for den øverste", "The unit above; empty for the root", null=True),
        _text(
            "name",
            "Navn; tomt der ingenting er vist om enheten som helhet",
            "Name; empty where nothing is shown about the unit as a whole",
            null=True,
        ),
        _field("depth", pa.int32(), "Nivå i treet; 0 for den øverste", "Level in the tree; 0 for the root"),
        _text(
            "path",
            "Id-er fra toppen og ned, skilt med /; en / i en id er skrevet %2F, og en % er %25",
            "Ids from the root down, joined by /; a / within an id is written %2F, and a % is %25",
        ),
        _text(
            "continues",
            "Enheten i forrige publiserte måling som den fortsetter; tomt når den er ny eller satt sammen på nytt",
            "The unit of the published wave before that it continues; empty where it is new, or other people than any",
            null=True,
        ),
    ],
)
SEGMENTS = pa.schema(
    [
        _text("segment", "Hva enheten er delt etter; «all» for ingenting", "What a unit is cut by; 'all' for nothing"),
        _text("category", "Hvilken del; «all» for alle", "Which part of it; 'all' for everybody"),
        _text("segment_nb", "Segmentets navn på norsk", "The segment's name in Norwegian"),
        _text("segment_en", "Segmentets navn på engelsk", "The segment's name in English"),
        _text("category_nb", "Kategoriens navn på norsk", "The category's name in Norwegian"),
        _text("category_en", "Kategoriens navn på engelsk", "The category's name in English"),
    ],
)
MEASURES = pa.schema(
    [
        _text("measure", "Målets id", "Id of the measure"),
        _text("kind", "scale, item, index eller rate", "scale, item, index or rate"),
        _text(
            "scale",
            "Temaet som spørsmålet teller i; tomt for svarprosenten",
            "The scale that an item counts in; empty for the response rate",
            null=True,
        ),
        _text("name_nb", "Navn på norsk", "Name in Norwegian"),
        _text("name_en", "Navn på engelsk", "Name in English"),
        _field("low", pa.int32(), "Minste mulige snitt", "The least that a mean can be"),
        _field("high", pa.int32(), "Største mulige snitt", "The most that a mean can be"),
        _text("direction", "high_is_good: høyt er gunstig; high_is_bad: lavt", "high_is_good or high_is_bad"),
        _text(
            "factor",
            "Faktor i arbeidsmiljøloven § 4-3; tomt der undersøkelsen ikke nevner noen",
            "Factor of arbeidsmiljøloven § 4-3; empty where the survey file names none",
            null=True,
        ),
    ],
)
WAVES = pa.schema(
    [
        _text("wave", "Målingens id", "Id of the wave"),
        _text("name_nb", "Navn på norsk", "Name in Norwegian"),
        _text("name_en", "Navn på engelsk", "Name in English"),
        _field("opens", pa.date32(), "Første dag", "First day"),
        _field("closes", pa.date32(), "Siste dag", "Last day"),
    ],
)
ACTIONS = pa.schema(
    [
        _text("wave", "Målingen tiltaket ble vist med", "The wave with which the action was shown, as it stood then"),
        _text("action_id", "Tiltakets id", "Id of the action"),
        _text("unit", "Enhetens id", "Id of the unit"),
        _text("text", "Hva som skal gjøres", "What is to be done"),
        _text("owner", "Hvem som har ansvaret", "Who is responsible", null=True),
        _field("created", pa.date32(), "Når det ble bestemt", "When it was decided", null=True),
        _field("due", pa.date32(), "Frist", "Deadline", null=True),
        _text("status", "open, done eller dropped", "open, done or dropped"),
        _text("scale", "Temaet det gjelder", "The scale that it is about", null=True),
    ],
)

# Every table of a release, in the order in which a reader meets them.
TABLES = {
    "facts": FACTS,
    "distributions": DISTRIBUTIONS,
    "units": UNITS,
    "segments": SEGMENTS,
    "measures": MEASURES,
    "waves": WAVES,
    "actions": ACTIONS,
}
# What tells two rows of a table apart; a row of the base that has no successor is carried into the next release.
KEYS = {
    "units": ("wave", "unit"),
    "segments": ("segment", "category"),
    "measures": ("measure",),
    "waves": ("wave",),
    "actions": ("wave", "action_id"),
}


def described(field: pa.Field) -> tuple[str, str]:
    """What a column says, nb and en."""
    said = field.metadata or {}
    return said.get(b"description_nb", b"").decode(), said.get(b"description_en", b"").decode()
