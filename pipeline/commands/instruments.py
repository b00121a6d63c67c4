"""`pulsverk instruments`: the definitions that are shipped, and what to write in a survey file to use one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pipeline import instruments, scoring
from pipeline.commands.answer import Answer, with_settings
from pipeline.commands.terminal import table
from pipeline.instruments import Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.instruments import Instrument, Scale


@click.command("instruments")
@click.argument("what", type=click.Choice(["show"]), required=False)
@click.argument("name", metavar="ID", required=False)
@with_settings
def command(what: str | None, name: str | None) -> Answer:
    """List what can be asked, and what to write in a survey file for it.

    Example: pulsverk instruments show hse-indicator
    """
    if what is None:
        found = [instruments.builtin(one) for one in instruments.names()]
        rows = [(one.id, one.title.en, _size(one), one.licence) for one in found]
        return Answer(
            {"instruments": [_about(one) for one in found]}, (table(("id", "title", "asks", "licence"), rows),)
        )
    if name is None:
        msg = f"show which one? There are: {', '.join(instruments.names())}"
        raise click.UsageError(msg)
    one = instruments.builtin(name)
    piece = snippet(one)
    lines = (f"{one.title.en}, version {one.version}", f"Source: {one.source}", f"Licence: {one.licence}")
    scales = () if isinstance(one, Form) else (table(_COLUMNS, [_row(scale) for scale in one.scale]),)
    head = "In survey.toml, with your own headings to the left:"
    return Answer({**_about(one), "snippet": piece}, (*lines, *scales, head, "", piece))


def snippet(one: Instrument | Form) -> str:
    """An [[instrument]] of a survey file, each column called as its item is; what a form leaves open, as examples."""
    return "\n".join(_private(one) if isinstance(one, Form) and one.private else _public(one))


def _public(one: Instrument | Form) -> Iterator[str]:
    yield from ("[[instrument]]", f'definition = "{one.id}"')
    if isinstance(one, Form):
        yield from ("", "[instrument.columns] # your heading = an item that you name below")
        yield from (f'"{theme.id}_1" = "{theme.id}_1"' for theme in one.theme)
        for theme in one.theme:
            yield from ("", "[[instrument.scale]]", f'id = "{theme.id}"')
            yield from (
                "low = 1",
                "high = 5",
                f'item = [{{ id = "{theme.id}_1" }}] # reverse = true where it is turned',
            )
        return
    if any(scale.whole_only for scale in one.scale):
        yield '# answers about health are stated of the whole organisation; unit_level = "why" states them of units too'
    yield from ("", "[instrument.columns] # your heading = the item")
    for scale in one.scale:
        yield f"# {scale.name.en}: {scale.low} to {scale.high}"
        for item in scale.item:
            yield f'"{item.id}" = "{item.id}"' + (" # may be left out" if item.optional else "")


def _private(form: Form) -> Iterator[str]:
    yield from ("[[instrument]]", f'definition = "{form.id}" # private: these columns are known and never read')
    yield from ("", "[instrument.columns] # your heading = the need")
    yield from (f'"{theme.id}" = "{theme.id}"' for theme in form.theme)


def _size(one: Instrument | Form) -> str:
    if isinstance(one, Form):
        return f"{len(one.theme)} themes, private" if one.private else f"{len(one.theme)} themes, your items"
    items = [item for scale in one.scale for item in scale.item]
    optional = sum(item.optional for item in items)
    return f"{len(items)} items" + (f", {optional} of them optional" if optional else "")


_COLUMNS = ("scale", "name", "answers", "score", "good", "answered", "items; - is reversed")


def _row(scale: Scale) -> tuple[str, ...]:
    items = " ".join(("-" if item.reverse else "") + item.id for item in scale.item)
    score = "-100..100" if scale.score == "nps" else f"{scale.score_low}..{scale.score_high}"
    good = "high" if scale.direction == "high_is_good" else "low"
    least = f"{scoring.least_answered(scale)} of {len(scale.item)}"
    return scale.id, scale.name.en, f"{scale.low}..{scale.high}", score, good, least, items


def _about(one: Instrument | Form) -> dict[str, Any]:
    return one.model_dump(mode="json")
