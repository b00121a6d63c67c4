"""Landing keys: what they say, and which are none. A key is written by whoever pushes, so nothing in it is trusted."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pipeline.content import sha256

COUNTED = ("responses", "units", "people", "actions")  # what a wave is counted from
KINDS = (*COUNTED, "assessments")
NOWHERE = "_"  # in place of a survey and a wave, for objects whose key names none; no slug looks like it
LONGEST_KEY, LONGEST_NAME = 1024, 255  # bytes: of S3, and of a folder
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Address:
    """What a landing key says: `landing/<survey>/<wave>/<kind>/<file>`."""

    survey: str
    wave: str
    kind: str


def address(key: str) -> Address | None:
    """What a landing key says; None when it is not one of ours, whatever else it may be."""
    parts = key.split("/")
    if len(parts) != 5 or parts[0] != "landing" or parts[3] not in KINDS:  # noqa: PLR2004 - parts of a landing key
        return None
    name = parts[4]
    odd = any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in name)
    if odd or name in {"", ".", ".."} or "\\" in name or _ESCAPED.search(name):
        return None
    too_long = len(key.encode()) > LONGEST_KEY or len(name.encode()) > LONGEST_NAME
    if too_long or not SLUG.fullmatch(parts[1]) or not SLUG.fullmatch(parts[2]):
        return None
    return Address(parts[1], parts[2], parts[3])


def file_id(bucket: str, key: str, version: str) -> str:
    """The id of one version of an object in landing: 32 hex digits; `version` is its content's sha256 if need be."""
    text = f"{bucket}\n{key}\n{version}"
    return sha256(text.encode("utf-8", "surrogatepass"))[:32]
