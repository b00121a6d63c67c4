"""A definition as one survey uses it: its columns, what the exports hold for its answers, and a form filled in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Annotated

from pydantic import Field, ValidationError

from pipeline import instruments
from pipeline.instruments import Closed, Form, Identifier, Instrument, Item, Localised, Scale


class OwnScale(Closed):
    """What a survey says of a theme of a form: the items that it is made of, and their answers."""

    id: Identifier
    name: Localised | None = None
    low: int
    high: int
    answered_at_least: Annotated[float, Field(gt=0, le=1)] = 0.5
    item: Annotated[tuple[Item, ...], Field(min_length=1)]


class UsedInstrument(Closed):
    """An instrument and how the exports name its items: heading -> item id.

    `codes`: what the exports hold for the answers, that for the lowest first, where it is not what the definition
    says. `unit_level`: why answers about health may be stated of parts of the organisation. `scale` fills in a form.
    """

    definition: str
    columns: Annotated[dict[str, Identifier], Field(min_length=1)]
    codes: tuple[int, ...] = ()
    unit_level: Annotated[str, Field(min_length=20)] | None = None
    scale: tuple[OwnScale, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a survey asks of a definition. `instrument` is None where nothing of it is counted.

    `unread` are headings that are known and not read; `problems` are lines for whoever wrote the survey file; `said`
    is the definition as JSON.
    """

    instrument: Instrument | None
    unread: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    said: str = ""


def read(used: UsedInstrument, beside: Mapping[str, str]) -> Asked:
    """What is asked of the definition that a survey names: a file beside it, by name, or one that is shipped.

    Raises SurveyInvalid for a definition that there is not, or that is wrong by itself.
    """
    name = used.definition
    definition = instruments.parse(beside[name], name) if name in beside else instruments.builtin(name)
    return replace(asked(used, definition), said=definition.model_dump_json())


def asked(used: UsedInstrument, definition: Instrument | Form) -> Asked:
    """The definition with what the survey says of it, and everything that is wrong with that."""
    if isinstance(definition, Form):
        return _private(used, definition) if definition.private else _filled(used, definition)
    own = [f"{definition.id} has its own scales; [[instrument.scale]] is for forms alone"] if used.scale else []
    return _mapped(used, definition, own)


def _private(used: UsedInstrument, form: Form) -> Asked:
    """Its columns are known, so that an export that holds them is not refused, and nothing else is."""
    themes = [theme.id for theme in form.theme]
    more = [
        key for key, value in (("codes", used.codes), ("unit_level", used.unit_level), ("scale", used.scale)) if value
    ]
    problems = [f"{form.id} is private and never read, so that {key} says nothing; take it out" for key in more]
    problems += [_no_such(form.id, name, themes) for name in sorted(set(used.columns.values()) - set(themes))]
    return Asked(None, frozenset(used.columns), tuple(problems))


def _filled(used: UsedInstrument, form: Form) -> Asked:
    themes = {theme.id: theme for theme in form.theme}
    problems = [
        f"{form.id} has no theme {one.id!r}; there are: {', '.join(themes)}"
        for one in used.scale
        if one.id not in themes
    ]
    scales = []
    for one in used.scale:
        if one.id in themes:
            said = one.model_dump(exclude_none=True)
            try:
                scales.append(Scale.model_validate({"name": themes[one.id].name.model_dump(), **said}))
            except ValidationError as error:
                problems += [f"{form.id}: {found['msg']}" for found in error.errors()]
    if not used.scale:
        problems.append(
            f"{form.id} is a form: an [[instrument.scale]] for each of its themes that you ask about says which of "
            f"your items it is made of; there are: {', '.join(themes)}"
        )
    if not scales:
        return Asked(None, problems=tuple(problems))
    facts = form.model_dump(include={"id", "version", "title", "source", "licence"})
    try:
        instrument = Instrument.model_validate({**facts, "scale": [one.model_dump() for one in scales]})
    except ValidationError as error:
        return Asked(None, problems=(*problems, *(f"{form.id}: {found['msg']}" for found in error.errors())))
    return _mapped(used, instrument, problems)


def _mapped(used: UsedInstrument, instrument: Instrument, problems: list[str]) -> Asked:
    """The scales with the items that are asked; an optional item without a column is not."""
    items = {item.id: item for scale in instrument.scale for item in scale.item}
    held = set(used.columns.values())
    forgotten = [name for name, item in items.items() if name not in held and not item.optional]
    problems = [
        *problems,
        *(_no_such(instrument.id, name, list(items)) for name in sorted(held - set(items))),
        *(f"no column holds item {name!r} of {instrument.id}{_perhaps(used)}" for name in sorted(forgotten)),
        *_miscoded(used, instrument),
    ]
    if used.unit_level and not any(scale.whole_only for scale in instrument.scale):
        problems.append(f"{instrument.id} asks nothing about health, so that unit_level says nothing; take it out")
    scales = [_as_asked(scale, used, held | set(forgotten)) for scale in instrument.scale]
    kept = tuple(scale for scale in scales if scale.item)
    return Asked(instrument.model_copy(update={"scale": kept}), problems=tuple(problems))


def _as_asked(scale: Scale, used: UsedInstrument, asked_about: set[str]) -> Scale:
    update: dict[str, object] = {"item": tuple(item for item in scale.item if item.id in asked_about)}
    if len(used.codes) == scale.high - scale.low + 1:
        update["codes"] = used.codes
    if used.unit_level:
        update["whole_only"] = False
    return scale.model_copy(update=update)


def _no_such(instrument: str, name: str, there: list[str]) -> str:
    near = get_close_matches(name, there, 1)
    return f"instrument {instrument} has no item {name!r}" + (f"; is {near[0]!r} meant?" if near else "")


def _perhaps(used: UsedInstrument) -> str:
    """The items that more columns hold than the others: one of them may have been meant for a forgotten one."""
    held = Counter(used.columns.values())
    usual = min(held.values())
    often = sorted(name for name, count in held.items() if count > usual)
    if len(often) != 1:
        return ""
    headings = ", ".join(repr(heading) for heading, name in used.columns.items() if name == often[0])
    return f"; {often[0]!r} has several: {headings}; is one of them meant for it?"


def _miscoded(used: UsedInstrument, instrument: Instrument) -> list[str]:
    if not used.codes:
        return []
    many = len(used.codes)
    if len(set(used.codes)) != many:
        return [f"codes of {instrument.id} holds a number twice, and an answer has one of its own"]
    if many not in {scale.high - scale.low + 1 for scale in instrument.scale}:
        return [f"codes of {instrument.id} holds {many} numbers, and none of its scales has as many answers"]
    return []
