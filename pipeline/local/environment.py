"""What the process's environment says about AWS, put aside, so that nothing here ever reaches a real account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def sealed(region: str) -> Iterator[None]:
    """Within it: fake credentials, one region, and no profile, endpoint or file of the user's. Restored afterwards."""
    before = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "LAMBDA_"))}
    for name in before:
        del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith(("AWS_", "LAMBDA_"))]:
            del os.environ[name]
        os.environ |= before
