"""What the steps of the state machine pass to each other: names, and never data."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class WaveNamed(BaseModel):
    """Which wave of which survey."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    survey: Slug
    wave: Slug


class RunNamed(WaveNamed):
    """Which run of a wave."""

    run: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
