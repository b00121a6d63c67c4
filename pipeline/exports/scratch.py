"""Files of our own, for what is too large for memory; they are gone when the work is done."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable


class Scratch(ExitStack):
    """A context in which files without a name can be made; its end closes them and whatever else was entered in it."""

    def file(self, parts: Iterable[bytes] = ()) -> BinaryIO:
        """A new file with this content, at its beginning."""
        file: BinaryIO = self.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - this is the context
        file.writelines(parts)
        file.seek(0)
        return file
