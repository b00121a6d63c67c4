"""Imported first: pyarrow finds no pandas, as in the image of the function that ingests.

Where pandas is installed, pyarrow imports it for the first array that it is given: half a second that measures nothing.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder


class _NoPandas(MetaPathFinder):
    def find_spec(self, name: str, path: object, target: object = None) -> None:  # noqa: ARG002 - what Python asks
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


sys.meta_path.insert(0, _NoPandas())
