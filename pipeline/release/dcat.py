"""A release as a catalogue of open or shared data lists it: DCAT-AP in JSON-LD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.content import sha256
from pipeline.release.manifest import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from pipeline.instruments import Localised
    from pipeline.survey import Survey

PATH = "dcat.jsonld"
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EU = "http://publications.europa.eu/resource/authority"
_PARQUET = "https://www.iana.org/assignments/media-types/application/vnd.apache.parquet"


def dcat(survey: Survey, waves: pa.Table, files: Mapping[str, bytes]) -> bytes:
    """`dcat.jsonld` (DCAT-AP 3): the dataset, its time, and a distribution with size and hash for each table.

    Addresses are relative to the release. It does not name the release, whose name is made of this file as well.
    """
    title = survey.file.title
    document = {
        "@context": _CONTEXT,
        "@id": "",
        "@type": "dcat:Dataset",
        "dct:identifier": survey.id,
        "dct:title": _both(title),
        "dct:description": [
            _said("nb", f"{title.nb} i {survey.file.organisation}: tall der ingen kan finnes igjen."),
            _said("en", f"{title.en} of {survey.file.organisation}: figures in which nobody can be found."),
        ],
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": survey.file.organisation},
        "dcat:theme": {"@id": f"{_EU}/data-theme/SOCI"},
        "dct:language": [{"@id": f"{_EU}/language/NOB"}, {"@id": f"{_EU}/language/ENG"}],
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _day(min(waves["opens"].to_pylist())),
            "dcat:endDate": _day(max(waves["closes"].to_pylist())),
        },
        "dcat:distribution": [
            _distribution(path, data) for path, data in sorted(files.items()) if path.startswith("tables/")
        ],
    }
    return canonical(document)


def _distribution(path: str, data: bytes) -> dict[str, Any]:
    return {
        "@type": "dcat:Distribution",
        "dct:title": _said("en", path.rpartition("/")[2]),
        "dcat:accessURL": {"@id": path},
        "dcat:downloadURL": {"@id": path},
        "dcat:mediaType": {"@id": _PARQUET},
        "dcat:byteSize": {"@value": str(len(data)), "@type": "xsd:nonNegativeInteger"},
        "dct:conformsTo": {"@id": "datapackage.json"},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": sha256(data), "@type": "xsd:hexBinary"},
        },
    }


def _both(text: Localised) -> list[dict[str, str]]:
    return [_said("nb", text.nb), _said("en", text.en)]


def _said(language: str, text: str) -> dict[str, str]:
    return {"@value": text, "@language": language}


def _day(day: object) -> dict[str, str]:
    return {"@value": str(day), "@type": "xsd:date"}
