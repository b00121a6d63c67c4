"""Pictures of what is published: a small survey, an organisation, and facts that are made up but hang together."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pyarrow as pa

from pipeline import release, survey
from pipeline.disclosure import PROTECTED, ProtectedTable
from pipeline.disclosure import protected as gate
from pipeline.facts import DISTRIBUTIONS, FACTS
from pipeline.organisation import Tree, Unit, tree
from pipeline.release import About, PublishedWave

SCALES = {
    "safety": ("Trygghet", "Safety"),
    "collaboration": ("Samarbeid", "Collaboration"),
    "communication": ("Kommunikasjon", "Communication"),
    "clarity": ("Tydelighet", "Clarity"),
    "workload": ("Arbeidsmengde", "Workload"),
    "support": ("Støtte", "Support"),
}
LAW = {
    "clarity": "unclear_or_conflicting_demands",
    "workload": "workload_and_time_pressure",
    "support": "support_and_help",
    "collaboration": "support_and_help",
    "communication": "contact_and_communication",
}
WAVES = {
    "2026-08": ("August 2026", date(2026, 8, 17), date(2026, 8, 28)),
    "2026-09": ("September 2026", date(2026, 9, 14), date(2026, 9, 25)),
    "2026-10": ("Oktober 2026", date(2026, 10, 12), date(2026, 10, 23)),
}


def instrument() -> str:
    """An open pulse of six scales with two items each, and eNPS."""
    parts = [
        'id = "pulse"\nversion = "1.2"\nsource = "our own"\nlicence = "Apache-2.0"',
        'title = { nb = "Åpen puls", en = "Open pulse" }',
    ]
    for scale, (nb, en) in SCALES.items():
        parts.append(f'[[scale]]\nid = "{scale}"\nname = {{ nb = "{nb}", en = "{en}" }}\nlow = 1\nhigh = 5')
        parts += [
            f'[[scale.item]]\nid = "{scale}_{n}"\n'
            f'text = {{ nb = "Påstand {n} om {nb.lower()} hos oss", en = "Statement {n} about {en.lower()} here" }}'
            for n in (1, 2)
        ]
    parts.append('[[scale]]\nid = "enps"\nname = { nb = "eNPS", en = "eNPS" }\nscore = "nps"\nlow = 0\nhigh = 10')
    parts.append('[[scale.item]]\nid = "recommend"')
    return "\n".join(parts)


def survey_file(languages: str, *, roster: bool, rhythm: bool, law: bool) -> str:
    """The survey file around the open pulse."""
    headings = [f"{scale}_{n}" for scale in SCALES for n in (1, 2)] + ["recommend"]
    respondent = 'columns = ["Ansattnr"]' + ("" if roster else '\nunit = "Enhet"')
    parts = [
        'id = "demo"\ntitle = { nb = "Arbeidsmiljøpuls", en = "Work environment pulse" }',
        f'organisation = "Nordlys kommune"\nlanguages = {languages}\n[respondent]\n{respondent}',
        '[[segment]]\nid = "gender"\ncolumn = "Kjønn"\nname = { nb = "Kjønn", en = "Gender" }',
        '[[segment.category]]\nid = "w"\nname = { nb = "Kvinne", en = "Woman" }',
        '[[segment.category]]\nid = "m"\nname = { nb = "Mann", en = "Man" }',
        '[[segment]]\nid = "age"\ncolumn = "Alder"\nname = { nb = "Alder", en = "Age" }',
        '[[segment.category]]\nid = "u40"\nname = { nb = "Under 40 år", en = "Under 40" }',
        '[[segment.category]]\nid = "40+"\nname = { nb = "40 år og eldre", en = "40 and over" }',
        '[[table]]\nsegments = ["gender", "age"]',
        '[[instrument]]\ndefinition = "pulse.toml"\n[instrument.columns]\n'
        + "\n".join(f'"H {name}" = "{name}"' for name in headings),
    ]
    for wave, (name, opens, closes) in WAVES.items():
        english = name.replace("Oktober", "October")
        named = f'name = {{ nb = "{name}", en = "{english}" }}'
        parts.append(f'[[wave]]\nid = "{wave}"\n{named}\nopens = {opens}\ncloses = {closes}')
    parts += ['[rhythm]\nevery = "month"'] if rhythm else []
    parts += ["[law]", *(f'{scale} = "{factor}"' for scale, factor in LAW.items())] if law else []
    return "\n".join(parts)


def parsed(
    languages: str = '["nb", "en"]',
    *,
    roster: bool = True,
    rhythm: bool = True,
    law: bool = True,
) -> survey.Survey:
    """The survey, read."""
    return survey.parse(survey_file(languages, roster=roster, rhythm=rhythm, law=law), {"pulse.toml": instrument()})


def organisation(leaves: int = 4) -> Tree:
    """The municipality, two services, and this many teams under each."""
    units = [Unit("U", None, "Nordlys kommune"), Unit("U1", "U", "Helse og omsorg"), Unit("U2", "U", "Teknisk drift")]
    named = ["Hjemmetjenesten sør", "Rehabilitering", "Dagsenteret", "Vakttelefonen", "Bydrift", "Vann og avløp"]
    for above in ("U1", "U2"):
        units += [
            Unit(f"{above}-{n:02}", above, named[(n - 1 + 4 * (above == "U2")) % 6] + (f" {n}" if n > 6 else ""))
            for n in range(1, leaves + 1)
        ]
    return tree(units)


def facts(of: survey.Survey, units: Tree, waves: tuple[str, ...] = tuple(WAVES), seed: int = 1) -> pa.Table:
    """Facts of these waves: safety rises and workload falls in U1-01, the last unit of U1 is withheld throughout."""
    chance = random.Random(seed)  # noqa: S311 - pictures, no secrets
    rows: list[dict[str, Any]] = []
    before: dict[tuple[str, ...], float] = {}
    silent = units.children["U1"][-1] if units.children.get("U1") else ""
    for at, wave in enumerate(waves):
        for unit in units.units:
            people = 400 // 4 ** (len(units.path[unit.id]) - 1) - 7
            for segment, category, part in [
                ("all", "all", 1.0),
                ("gender", "w", 0.6),
                ("gender", "m", 0.4),
                ("age", "u40", 0.7),
                ("age", "40+", 0.3),
            ]:
                for measure in of.measures:
                    row: dict[str, Any] = {
                        **dict.fromkeys(FACTS.names),
                        "survey": of.id,
                        "wave": wave,
                        "unit": unit.id,
                        "segment": segment,
                        "category": category,
                        "measure": measure.id,
                        "kind": measure.kind,
                        "status": "C",
                    }
                    answered = int(people * part * 0.78)
                    if unit.id != silent and answered >= 5:
                        row |= _figure(measure, answered, int(people * part), chance, at if unit.id == "U1-01" else 0)
                        key = (unit.id, segment, category, measure.id)
                        row |= _change(before.get(key), row, measure)
                        before[key] = row["mean"]
                    rows.append(row)
    return pa.Table.from_pylist(rows, FACTS)


def _figure(measure: survey.Measure, answered: int, invited: int, chance: random.Random, step: int) -> dict[str, Any]:
    if measure.kind == "rate":
        mean: float = round(100 * answered / invited)
        return {"answered": answered, "invited": invited, "mean": mean, "status": "F"}
    width = measure.high - measure.low
    centre = {"workload": 0.52, "safety": 0.6, "support": 0.7}.get(measure.id, 0.65) + chance.uniform(-0.03, 0.03)
    centre += {"safety": 0.09, "workload": -0.07}.get(measure.id, 0.0) * step
    digits = {"scale": 1, "item": 2, "index": 0}[measure.kind]
    mean = round(measure.low + width * centre, digits)
    half = width * 0.45 / answered**0.5
    shares = {"favourable": 0.58, "neutral": 0.25, "unfavourable": 0.17} if answered >= 10 else {}
    return {
        "answered": answered,
        "invited": invited,
        "mean": mean,
        "ci_low": round(max(mean - half, measure.low), digits),
        "ci_high": round(min(mean + half, measure.high), digits),
        "status": "F",
        **shares,
    }


def _change(before: float | None, row: dict[str, Any], measure: survey.Measure) -> dict[str, Any]:
    if before is None:
        return {}
    change = round(row["mean"] - before, 2)
    if measure.kind == "rate":
        return {"previous": before, "change": change}
    size = abs(change) / (measure.high - measure.low) * 100
    verdict = ("up" if change > 0 else "down") if size >= 5 else "same" if size < 2 else "unsure"
    return {"previous": before, "change": change, "verdict": verdict}


def actions() -> list[dict[str, Any]]:
    """What U1-01 decided: one done, one overdue, one given up, one that is new."""
    return [
        _action("T1", "Fast kvarter til å si fra om feil på mandagsmøtet", "Ingrid Moen", "done", "safety", 2, 10),
        _action("T2", "Gå gjennom turnusen og fjern doble vakter", "Jonas Hauge", "open", "workload", 2, 12),
        _action("T3", "Felles lunsj på torsdager", "Ingrid Moen", "dropped", "collaboration", 2, 20),
        _action("T4", "Skriv ned hvem som bestemmer hva", None, "open", "clarity", 26, 30),
    ]


def _action(
    action: str, text: str, owner: str | None, status: str, scale: str, created: int, due: int
) -> dict[str, Any]:
    month = 9 if created == 2 else 10
    return {
        "action_id": action,
        "unit": "U1-01",
        "text": text,
        "owner": owner,
        "created": date(2026, month, created),
        "due": date(2026, 10, due) if month == 9 else date(2026, 11, due),
        "status": status,
        "scale": scale,
    }


def about(of: survey.Survey, waves: tuple[str, ...] = tuple(WAVES)) -> About:
    """A release of these waves."""
    bases = [None, *(f"{n:016x}" for n in range(1, len(waves)))]
    inputs = {"base": None, "responses": []}
    made = tuple(PublishedWave(wave, f"run{n}", bases[n], inputs, "0" * 64) for n, wave in enumerate(waves))
    return About(of, "0.1.0+abc", bases[-1], made)


def distributions(table: pa.Table) -> pa.Table:
    """Of questions with shares: as many gave each answer, and who is left over gave the last."""
    rows = []
    for row in table.to_pylist():
        if row["kind"] == "item" and row["favourable"] is not None:
            each, answered = row["answered"] // 5, row["answered"]
            for code in range(1, 6):
                own = each if code < 5 else answered - 4 * each
                rows.append(row | {"code": code, "answered": own, "share": round(own / answered, 2)})
    return pa.Table.from_pylist([{name: row[name] for name in DISTRIBUTIONS.names} for row in rows], DISTRIBUTIONS)


def tables(of: survey.Survey, units: Tree, waves: tuple[str, ...] = tuple(WAVES), seed: int = 1) -> dict[str, pa.Table]:
    """The tables of a release with these made-up facts; what hangs on them is made by release itself."""
    table = facts(of, units, waves, seed)
    made: dict[str, pa.Table] = {"facts": table, "distributions": distributions(table)}
    for wave in waves:
        named = release.stated_units(release.of_wave(table, wave))
        same = {unit.id: unit.id for unit in units.units} if wave != waves[0] else {}
        new = release.around(of, wave, units, pa.Table.from_pylist(actions()), named, same)
        for name, one in new.items():
            made[name] = release.carried(made.get(name), one, release.KEYS[name])
    return made


def admitted(table: pa.Table) -> ProtectedTable:
    """A made-up table as if it had been audited: a picture is about what is done with it."""
    return ProtectedTable(table, gate._PASSED)  # noqa: SLF001 - only tests may pretend


def protected(of: survey.Survey, units: Tree, hidden: frozenset[str] = frozenset(), more: int = 0) -> ProtectedTable:
    """Twelve answers in each cell of every unit, `more` steps in all; nothing about the units in `hidden`."""
    cells = [("all", "all"), *((one.id, category.id) for one in of.file.segment for category in one.category)]
    rows = []
    for unit in units.units:
        for segment, category in cells:
            for measure in of.measures:
                sums = {"total": 24 + more, "squares": 60 + 10 * more}
                if measure.kind == "item":  # two 2s, four 3s, and six of which two said 5, or four where there is more
                    fives = 4 if more else 2
                    sums = {"total": 40 + fives, "squares": 140 + 9 * fives}
                figures = {"answered": 12, "invited": 15, **sums}
                shares = {"favourable": 6, "neutral": 4, "unfavourable": 2}
                free = unit.id not in hidden
                rows.append(
                    {
                        "unit": unit.id,
                        "segment": segment,
                        "category": category,
                        "measure": measure.id,
                        "status": "F" if free else "C",
                        **(figures | shares if free else {}),
                    },
                )
    return admitted(pa.Table.from_pylist(rows, PROTECTED))
