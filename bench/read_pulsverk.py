"""Pulsverk reads an export strictly, and accounts for every record by a second count."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pipeline import exports

accounts = exports.read(Path(sys.argv[1]).read_bytes()).accounts
print(json.dumps(accounts.records - accounts.header - accounts.blank))
