"""The tables of a release described for those who know none of it: a Frictionless Data Package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.release.manifest import canonical
from pipeline.release.schemas import KEYS, TABLES, described

if TYPE_CHECKING:
    from pipeline.survey import Survey

PATH = "datapackage.json"
_KINDS = {pa.string(): "string", pa.int32(): "integer", pa.int64(): "integer", pa.date32(): "date"}
_ENUMS = {
    "facts": {
        "kind": ["scale", "item", "index", "rate"],
        "verdict": ["up", "down", "same", "unsure"],
        "status": ["F", "C", "N"],
    },
    "measures": {"kind": ["scale", "item", "index", "rate"]},
    "actions": {"status": ["open", "done", "dropped"]},
}
_CELL = ("wave", "unit", "segment", "category", "measure")
_PRIMARY = {**KEYS, "facts": _CELL, "distributions": (*_CELL, "code")}
_AROUND = (
    (("wave", "unit"), "units"),
    (("segment", "category"), "segments"),
    (("measure",), "measures"),
    (("wave",), "waves"),
)
_FOREIGN = {
    "facts": _AROUND,
    "distributions": _AROUND,
    "units": ((("wave",), "waves"),),
    "actions": ((("wave", "unit"), "units"),),
}


def datapackage(survey: Survey) -> bytes:
    """`datapackage.json` (Data Package v1, https://specs.frictionlessdata.io): tables, columns, keys and codes."""
    title = survey.file.title
    document = {
        "profile": "data-package",
        "name": survey.id,
        "title": title.en,
        "title_nb": title.nb,
        "description": (
            f"{title.en} of {survey.file.organisation}, as aggregates in which nobody can be found. "
            "Figures are null where status is C (withheld) or N (not measured)."
        ),
        "resources": [_resource(name) for name in TABLES],
    }
    return canonical(document)


def _resource(name: str) -> dict[str, Any]:
    keys = [
        {"fields": list(fields), "reference": {"resource": to, "fields": list(fields)}}
        for fields, to in _FOREIGN.get(name, ())
    ]
    schema: dict[str, Any] = {
        "fields": [_field(name, field) for field in TABLES[name]],
        "primaryKey": list(_PRIMARY[name]),
    }
    return {
        "name": name,
        "path": f"tables/{name}.parquet",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "schema": schema | ({"foreignKeys": keys} if keys else {}),
    }


def _field(table: str, field: pa.Field) -> dict[str, Any]:
    nb, en = described(field)
    # No limits of numbers: the library's reader of Parquet takes what is null for a number that is none.
    constraints: dict[str, Any] = {} if field.nullable else {"required": True}
    if field.name in _ENUMS.get(table, {}):
        constraints["enum"] = _ENUMS[table][field.name]
    return {
        "name": field.name,
        "type": _KINDS.get(field.type, "number"),
        "description": en,
        "description_nb": nb,
    } | ({"constraints": constraints} if constraints else {})
