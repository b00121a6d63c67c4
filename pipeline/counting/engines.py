"""Where branches are counted. Which engine it was leaves no trace."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pipeline.counting import wave
from pipeline.errors import EngineMissing

if TYPE_CHECKING:
    from pipeline.counting.wave import Engine
    from pipeline.survey import Engine as Name


def named(name: Name, threads: int | None = None) -> Engine:
    """The engine of this name, with as many threads as there are cores if None; Spark has its own.

    Raises EngineMissing for "spark" where pyspark is not installed.
    """
    if name == "local":
        return partial(wave.here, threads=threads)
    try:
        from pipeline.counting import spark  # noqa: PLC0415 - large, and seldom asked for
    except ImportError as missing:
        msg = (
            'engine = "spark" needs pyspark, which is not installed here: whoever runs this installs pulsverk[spark] '
            'and Java 17, or counts with the engine "local", which gives the same bytes'
        )
        raise EngineMissing(msg) from missing
    return spark.tallies
