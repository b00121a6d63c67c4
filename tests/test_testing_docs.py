"""docs/testing.md holds a complete test file; here it is, and runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pipeline.local import pytest_plugin
from pipeline.local.cloud import Cloud
from pipeline.local.demo_release import DemoRelease

PAGE = Path(__file__).parents[1] / "docs" / "testing.md"
(CODE,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
_found: dict[str, Any] = {"__name__": __name__}
exec(compile(CODE, str(PAGE), "exec"), _found)  # noqa: S102 - our own page
globals().update({name: one for name, one in _found.items() if name.startswith("test_")})


def test_the_page_tells_every_fixture_there_is_and_no_other() -> None:
    fixtures = {name for name in vars(pytest_plugin) if name.startswith("pulsverk_")}
    assert fixtures == set(re.findall(r"^\| `(pulsverk_\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE))


def test_what_the_page_says_there_is_on_an_account_is_there() -> None:
    rows = re.findall(r"^\| `\.(.*?)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    names = {name.strip(".") for row in rows for name in re.findall(r"\.?\b[a-z_]+\b(?=\(|$|`)", f"{row}`")}
    assert names >= {"store", "workspace", "push", "drain", "tick", "run", "invoke", "dead_letters", "logs"}
    assert all(hasattr(Cloud, name) or name in Cloud.__annotations__ for name in names)
    assert all(hasattr(DemoRelease, name) for name in ("manifest", "table", "put_into", "survey", "id"))
