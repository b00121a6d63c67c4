"""A zip's directory, looked at before anything in it is unpacked."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import NamedTuple

from pipeline.foreign.found import refuse

ENTRIES = 2_000  # files in one archive
SIZE = 256 * 2**20  # bytes, of all of them unpacked
RATIO = 200  # times larger unpacked than packed; a table of answers reaches 30, deflate itself 1032
SMALL = 2**20  # bytes; below, the ratio says nothing
CHUNK = 2**16

_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")
_ENCRYPTED = 0x1 | 0x40  # classic and strong


class Archive(NamedTuple):
    """A zip that may be unpacked, and the files in it by name."""

    zip: zipfile.ZipFile
    files: dict[str, zipfile.ZipInfo]


def look(data: bytes) -> Archive:
    """The archive, when its directory promises no harm. Raises Unreadable: nothing was unpacked."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError):
        refuse("broken_archive")
    if len(entries) > ENTRIES:
        refuse("too_many_entries")
    if any(_OUTSIDE.search(one.filename) or "\0" in one.orig_filename for one in entries):
        refuse("unsafe_path")
    if any(one.flag_bits & _ENCRYPTED for one in entries):
        refuse("password")
    if any(one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for one in entries):
        refuse("unknown_compression")
    files = {one.filename: one for one in entries if not one.is_dir()}
    if len(files) < sum(not one.is_dir() for one in entries):
        refuse("entry_twice")
    _sizes(data, list(files.values()))
    return Archive(archive, files)


def _sizes(data: bytes, files: list[zipfile.ZipInfo]) -> None:
    if sum(one.file_size for one in files) > SIZE:
        refuse("too_large")
    # Entries that lie over each other are how a small archive promises a large content.
    if sum(one.compress_size for one in files) > len(data):
        refuse("overlapping_entries")
    if any(one.file_size > SMALL and one.file_size > RATIO * max(one.compress_size, 1) for one in files):
        refuse("bomb")
    # Something in front makes another file of it for another reader.
    if files and min(one.header_offset for one in files) > 0:
        refuse("broken_archive")


def unpack(archive: Archive, name: str) -> bytes:
    """One file of it, checked by its checksum. Raises Unreadable, also when it is larger than the directory said."""
    info = archive.files[name]
    try:
        with archive.zip.open(info) as file:
            content = file.read(info.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, RuntimeError, zlib.error):
        refuse("broken_archive")
    if len(content) != info.file_size:
        refuse("broken_archive")
    return content
