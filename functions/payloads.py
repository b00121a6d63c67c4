"""What the steps of the state machine pass to each other: names, and never data."""

from __future__ import annotations

from typing import Annotated, Literal

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


class RotationStep(BaseModel):
    """What Secrets Manager asks for when it rotates: which secret, which version of it, and what to do."""

    model_config = ConfigDict(frozen=True)

    secret: Annotated[str, Field(alias="SecretId")]
    token: Annotated[str, Field(alias="ClientRequestToken")]
    step: Annotated[
        Literal["createSecret", "setSecret", "testSecret", "finishSecret"],
        Field(alias="Step"),
    ]
