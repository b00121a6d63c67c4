"""The columns of the published facts, and what each says for whoever reads the table without us."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipeline.instruments import Localised

FREE, CONFIDENTIAL, NOT_MEASURED = "F", "C", "N"

# What each column says, for whoever reads the table without us.
COLUMNS: Mapping[str, Localised] = {
    "survey": Localised(nb="Undersøkelsens id", en="Id of the survey"),
    "wave": Localised(nb="Målingens id", en="Id of the wave"),
    "unit": Localised(nb="Enhetens id", en="Id of the unit"),
    "segment": Localised(
        nb="Hva enheten er delt etter; «all» når den ikke er delt, flere er skilt med *",
        en="What the unit is cut by; 'all' when it is not cut, several are joined by *",
    ),
    "category": Localised(
        nb="Hvilken del det gjelder; «all» for alle, i samme rekkefølge som segmentene",
        en="Which part of it; 'all' for everybody, in the order of the segments",
    ),
    "measure": Localised(nb="Hva som er målt", en="What was measured"),
    "kind": Localised(
        nb="scale: tema; item: spørsmål; index: eNPS, -100 til 100; rate: svarprosent. Skalaene står i measures",
        en="scale: theme; item: question; index: eNPS, -100 to 100; rate: response rate in percent. Ranges: measures",
    ),
    "answered": Localised(nb="Antall svar", en="Number of answers"),
    "invited": Localised(
        nb="Antall inviterte; tomt der svarprosenten er tilbakeholdt, og når ingen er invitert ved navn",
        en="Number of people invited; empty where the response rate is withheld, and when nobody is invited by name",
    ),
    "mean": Localised(
        nb="Snitt: tema til 0,1 (0,01 på korte skalaer som 1 til 5), spørsmål til 0,01, eNPS og svarprosent hele tall",
        en="Mean: themes to 0.1 (0.01 on short ranges such as 1 to 5), questions to 0.01, eNPS and the rate whole",
    ),
    "sd": Localised(
        nb="Standardavvik (n - 1) for svarene; bare der en fordeling kan vises",
        en="Standard deviation (n - 1) of the answers; only where a distribution may be shown",
    ),
    "favourable": Localised(
        nb="Andel gunstige svar, 0 til 1: for spørsmål forbi midten, for tema minst 62,5 % mot gunstig side, eNPS 9-10",
        en="Share of favourable answers, 0 to 1: questions beyond the middle, themes 62.5% to the good end, eNPS 9-10",
    ),
    "neutral": Localised(nb="Andel nøytrale svar, 0 til 1", en="Share of neutral answers, 0 to 1"),
    "unfavourable": Localised(
        nb="Andel ugunstige svar, 0 til 1: for spørsmål før midten, for tema høyst 37,5 % mot gunstig side, eNPS 0-6",
        en="Share of unfavourable answers, 0 to 1: questions short of it, themes at most 37.5% to it, 0-6 for eNPS",
    ),
    "ci_low": Localised(
        nb="Nedre grense for snittet (95 %), med organisasjonens spredning, og dens svarprosent der invited er tomt",
        en="Lower limit of the mean (95%), with the organisation's spread; its response rate where invited is empty",
    ),
    "ci_high": Localised(
        nb="Øvre grense for snittet (95 %), med organisasjonens spredning, og dens svarprosent der invited er tomt",
        en="Upper limit of the mean (95%), with the organisation's spread; its response rate where invited is empty",
    ),
    "previous": Localised(nb="Snittet i forrige publiserte måling", en="The mean in the published wave before"),
    "change": Localised(nb="Snittet minus det forrige", en="The mean minus the previous one"),
    "verdict": Localised(
        nb="up, down: en endring som betyr noe og er mer enn tilfeldig; same: sikkert mindre; unsure: kan ikke sies",
        en="up, down: a change that matters and is beyond chance; same: surely a smaller one; unsure: cannot be told",
    ),
    "parent_difference": Localised(
        nb="Snittet minus enheten over sitt, for samme kategori",
        en="The mean minus that of the unit above, same category",
    ),
    "parent_verdict": Localised(
        nb="above, below, same, unsure: som verdict, for avviket fra enheten over",
        en="above, below, same, unsure: as verdict, of the difference from the unit above",
    ),
    "organisation_difference": Localised(
        nb="Snittet minus hele organisasjonens, for samme kategori",
        en="The mean minus that of the whole organisation, same category",
    ),
    "organisation_verdict": Localised(
        nb="above, below, same, unsure: som verdict, for avviket fra organisasjonen",
        en="above, below, same, unsure: as verdict, of the difference from the organisation",
    ),
    "percentile": Localised(
        nb="Andel av enhetene på samme nivå som ligger lavere, 0 til 100; like teller halvt; minst 10 viste enheter",
        en="How many percent of the units of the same level lie lower; ties count half; 10 shown units or more",
    ),
    "nonresponse": Localised(
        nb="large: de som ikke svarte, kan flytte snittet merkbart, ved et halvt standardavviks avstand; small: ikke",
        en="large: those silent could move the mean by what matters, if half a standard deviation away; small: not",
    ),
    "status": Localised(
        nb="F: vist; C: tilbakeholdt, så ingen kan finnes igjen; N: ikke målt",
        en="F: shown; C: withheld, so that nobody can be found; N: not measured",
    ),
}
WHERE = ("unit", "segment", "category")
NAMES = ("survey", "wave", *WHERE, "measure", "kind")
_INTEGERS = ("answered", "invited")
_TEXTS = ("verdict", "parent_verdict", "organisation_verdict", "nonresponse", "status")


def said(text: Localised) -> dict[str, str]:
    """What a column says, as it travels with it."""
    return {"description_nb": text.nb, "description_en": text.en}


def _field(name: str, text: Localised) -> pa.Field:
    kinds = {**dict.fromkeys((*NAMES, *_TEXTS), pa.string()), **dict.fromkeys(_INTEGERS, pa.int64())}
    return pa.field(name, kinds.get(name, pa.float64()), nullable=name not in {*NAMES, "status"}, metadata=said(text))


# One row for every unit x segment x category x measure of a wave. Every figure is null unless status is F.
FACTS = pa.schema([_field(name, text) for name, text in COLUMNS.items()])
