"""The command line as its users meet it: words and exit codes, one JSON document, and a key that is kept safe."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from tiny_survey import INSTRUMENT, SURVEY, who

from pipeline import cli, ledger
from pipeline.commands import keyholder
from pipeline.commands.explain import parse
from pipeline.errors import Refused
from pipeline.explanation import Cell
from pipeline.pseudonyms import pseudonym
from pipeline.store import FolderStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.local.cloud import Cloud

RESPONSES = "person,Q1,Q2,Q3\nkari@fjord.no,1,2,3\nola@fjord.no,2,9,4\n"
GOOD = "person,Q1,Q2,Q3\nkari@fjord.no,1,2,3\nola@fjord.no,2,4,4\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a survey file and exports in it, in which commands are given; nothing of the user's is read."""
    for name in ("PULSVERK_WORKSPACE", "PULSVERK_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "survey.toml").write_text(SURVEY)
    (tmp_path / "own" / "tiny.toml").write_text(INSTRUMENT)
    (tmp_path / "answers.csv").write_text(RESPONSES)
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "units.csv").write_text("unit_id,parent_id,name\nU,,Fjord\n")
    return tmp_path


def give(words: str) -> int:
    return cli.run(words.split())


PUSH = "push answers.csv -W work -S tiny -V w1 -k responses"


@pytest.fixture
def pushed(here: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert give("survey own/survey.toml -W work") == 0
    assert give("push good.csv -W work -S tiny -V w1 -k responses") == 0
    capsys.readouterr()
    return here


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What went to standard output, which must be one JSON document and nothing else."""
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by the words that call it, those of a group after it."""
    for name in cli.COMMANDS:
        command = cli.pulsverk.get_command(click.Context(cli.pulsverk), name)  # type: ignore[attr-defined]  # a Group
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {one}", under) for one, under in command.commands.items())


COMMANDS = dict(commands())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_help_with_an_example(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*words.split(), "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Example: pulsverk {words}" in shown
    assert cli.COMMANDS.get(words, "") in shown  # the list says what the command says of itself
    assert "--json" in shown or isinstance(COMMANDS[words], click.Group)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_example_names_options_that_there_are(words: str) -> None:
    example = (COMMANDS[words].help or "").partition("Example: pulsverk ")[2]
    called = next(COMMANDS[one] for one in sorted(COMMANDS, key=len, reverse=True) if example.startswith(one))
    known = {option for one in called.params for option in one.opts}
    assert set(re.findall(r"--[a-z-]+", example)) <= known


def test_help_comes_without_loading_what_only_commands_need() -> None:
    code = (
        "import sys; from pipeline import cli; assert cli.run(['--help']) == 0; "
        "loaded = {'duckdb', 'pyarrow', 'moto', 'boto3', 'numpy', 'great_expectations'} & set(sys.modules); "
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - this very interpreter
    assert done.returncode == 0, done.stderr
    assert "Put a survey file into a workspace." in done.stdout


def test_the_console_script_ends_with_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert re.match(r"pulsverk, version \d", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("nothing", "No such command"),
        ("watch", "--workspace"),
        ("push -W work -S tiny -V w1 -k responses", "FILE"),
        ("push answers.csv -W work -S tiny -V w1 -k thoughts", "thoughts"),
        ("watch -W work --today tomorrow", "tomorrow"),
        ("inspect answers.csv -S tiny", "--workspace"),
        ("explain U a=b c=d -W own", "SEGMENT=CATEGORY"),
    ],
)
@pytest.mark.usefixtures("here")
def test_used_wrongly_is_2_and_says_how(words: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    if words.startswith("explain"):
        give("survey own/survey.toml -W own")
        words += " -V w1"
    assert give(words) == 2
    assert says in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_refused_is_1_and_says_who_acts(capsys: pytest.CaptureFixture[str]) -> None:
    assert give(PUSH) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "there is no survey 'tiny'; its owner puts the survey file at config/tiny/survey.toml" in shown.err


@pytest.mark.usefixtures("here")
def test_with_json_a_refusal_is_one_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert give(f"{PUSH} --json") == 1
    assert document(capsys)["error"] == "refused"
    assert give("watch --json") == 2
    assert document(capsys)["error"] == "used wrongly"


@pytest.mark.usefixtures("here")
def test_a_fault_of_ours_is_3_without_its_words_unless_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        msg = "kari@fjord.no answered 1"
        raise ArithmeticError(msg)

    monkeypatch.setattr(FolderStore, "keys", broken)
    assert give("watch -W work") == 3
    shown = capsys.readouterr().err
    assert re.fullmatch(r"fault: ArithmeticError in \S+\.py, line \d+; --debug shows all of it\n", shown)
    assert give("watch -W work --debug") == 3
    assert "kari@fjord.no" in capsys.readouterr().err
    assert give("watch -W work --json") == 3
    assert document(capsys)["error"] == "fault"


@pytest.mark.usefixtures("here")
def test_an_interrupted_command_says_that_it_can_be_done_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FolderStore, "keys", interrupted)
    assert give("watch -W work") == 130
    assert "doing it again" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_survey_file_is_registered_with_what_belongs_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own/expectations").mkdir()
    known = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}, "meta": {"why": "w"}}
    suite = {"name": "x", "expectations": [known]}
    Path("own/expectations/responses.json").write_text(json.dumps(suite))
    Path("own/other.toml").write_bytes(b"\xff of somebody else")
    assert give("survey own/survey.toml -W work --json") == 0
    first = document(capsys)
    assert (first["survey"], first["state"], first["waves"]) == ("tiny", "changed", ["w1", "w2"])
    assert first["files"] == ["expectations/responses.json", "survey.toml", "tiny.toml"]
    assert sorted(one.key for one in FolderStore(Path("work")).keys("config/")) == [
        f"config/tiny/{name}" for name in first["files"]
    ]
    assert give("survey own/survey.toml -W work --json") == 0
    assert document(capsys)["state"] == "unchanged"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("stage", "changed", "says"),
    [
        ("responses", {"type": "expect_nonsense"}, "does not know expect_nonsense; its owner corrects the type"),
        ("responses", {"kwargs": {"minimum": 1}}, "not well formed, and its owner mends it"),
        ("responses", {"kwargs": {"min_value": 1, "mostly": 0}}, "give it a share above 0"),
        ("artifacts", {}, 'there are no rows to judge here; its owner writes "of": "measures"'),
    ],
)
def test_a_suite_that_no_run_could_be_judged_by_is_refused_before_anything_is_written(
    stage: str, changed: dict[str, object], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}, "meta": {"why": "w"}}
    Path("own/expectations").mkdir()
    written = json.dumps({"name": "x", "expectations": [known | changed]})
    Path(f"own/expectations/{stage}.json").write_text(written)
    assert give("survey own/survey.toml -W work") == 1
    told = " ".join(capsys.readouterr().err.split())
    assert f"expectations/{stage}.json: x: " in told
    assert says in told
    assert not Path("work/config").exists()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("mean = 5", "mean = 4", "may not be lowered"),
        ('id = "w1"', 'id = "w0"', "wave 'w1' was answered and is missing"),
        ('organisation = "Fjord"', 'organization = "Fjord"', "organization"),
        ("Fjord", "\udcff", "not in UTF-8"),
    ],
)
def test_a_survey_file_that_changes_the_terms_of_a_wave_is_refused(
    before: str, after: str, says: str, pushed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = (pushed / "work/config/tiny/survey.toml").read_bytes()
    (pushed / "own/survey.toml").write_text(SURVEY.replace(before, after), errors="surrogateescape")
    assert give("survey own/survey.toml -W work") == 1
    assert says in capsys.readouterr().err
    assert (pushed / "work/config/tiny/survey.toml").read_bytes() == kept


def test_a_survey_file_may_gain_a_wave(pushed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = '[[wave]]\nid = "w3"\nname = {nb = "x", en = "x"}\nopens = 2026-10-01\ncloses = 2026-10-31\n'
    (pushed / "own/survey.toml").write_text(SURVEY + more)
    assert give("survey own/survey.toml -W work --json") == 0
    assert document(capsys)["waves"] == ["w1", "w2", "w3"]


@pytest.mark.usefixtures("here")
def test_a_push_into_a_folder_is_read_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    give("survey own/survey.toml -W work")
    capsys.readouterr()
    assert give(f"{PUSH} --json") == 0
    shown = document(capsys)
    assert shown["pushed"] == ["landing/tiny/w1/responses/answers.csv"]
    (record,) = shown["received"]
    assert (record["state"], record["accounts"]["accepted"], record["reasons"]) == ("partly", 1, {"out_of_range": 1})
    assert "kari" not in json.dumps(shown)


def test_the_same_file_again_changes_nothing(pushed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in (pushed / "work").rglob("*") if path.is_file()}
    assert give("push good.csv -W work -S tiny -V w1 -k responses --json") == 0
    assert document(capsys)["received"][0]["state"] == "accepted"
    assert {path: path.read_bytes() for path in (pushed / "work").rglob("*") if path.is_file()} == before


def test_another_file_under_a_name_that_is_taken_is_refused(pushed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pushed / "good.csv").write_text(RESPONSES)
    assert give("push good.csv -W work -S tiny -V w1 -k responses") == 1
    assert "rename this one" in capsys.readouterr().err
    assert (pushed / "work/landing/tiny/w1/responses/good.csv").read_text() == GOOD


@pytest.mark.usefixtures("pushed")
def test_a_file_that_goes_to_quarantine_is_told_with_exit_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bad.csv").write_text("a,b\n1,2\n")
    assert give("push bad.csv answers.csv -W work -S tiny -V w1 -k responses") == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "bad.csv quarantined" in shown
    assert "answers.csv partly" in shown  # the other is read all the same


@pytest.mark.usefixtures("pushed")
def test_names_that_cannot_be_keys_are_refused_before_anything_is_pushed(here: Path) -> None:
    (here / "sub").mkdir()
    for name in ("a%20b.csv", "sub/good.csv"):
        (here / name).write_text(GOOD)
    before = sorted((here / "work").rglob("*"))
    assert give("push a%20b.csv -W work -S tiny -V w1 -k responses") == 1
    assert give("push good.csv sub/good.csv -W work -S tiny -V w2 -k responses") == 1
    assert give("push good.csv -W work -S tiny -V w9 -k responses") == 1
    assert sorted((here / "work").rglob("*")) == before


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_the_key_is_made_once_beside_the_folder_for_its_owner_alone(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give("survey own/survey.toml -W work")
    assert give(PUSH) == 0
    said = capsys.readouterr()
    key = here / "work.key"
    assert str(key) in said.err
    assert key.stat().st_mode & 0o777 == 0o600
    secret = json.loads(key.read_text())["secret"]
    assert secret not in said.err + said.out
    assert not [path for path in (here / "work").rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    again = key.read_bytes()
    give("push good.csv -W work/ -S tiny -V w1 -k responses")  # however the folder is written, it has one key
    assert key.read_bytes() == again
    assert capsys.readouterr().err == ""


def test_a_key_that_got_lost_is_never_replaced_by_another(pushed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pushed / "work.key").unlink()
    assert give("push answers.csv -W work -S tiny -V w1 -k responses") == 1
    assert "restore it" in capsys.readouterr().err
    assert not (pushed / "work.key").exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_key_that_others_can_read_is_used_and_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "my.key").write_text(json.dumps({"id": "k1", "secret": "0123456789abcdef0123456789abcdef"}))
    (here / "my.key").chmod(0o644)
    give("survey own/survey.toml -W work")
    assert give(f"{PUSH} --key-file my.key") == 0
    assert "chmod 600" in capsys.readouterr().err
    assert not (here / "work.key").exists()
    assert who("kari@fjord.no") in read_pseudonyms(here / "work")


def read_pseudonyms(workspace: Path) -> list[str]:
    from pipeline import parquet  # noqa: PLC0415 - for this alone

    store = FolderStore(workspace)
    tables = [parquet.from_bytes(store.read(one.key).data) for one in store.keys("responses/")]
    return [who for table in tables for who in table["respondent"].to_pylist()]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"id": "k1"}',
        '{"id": "k1", "secret": "short-secret"}',
        '{"id": 1, "secret": 2}',
        "s3cr3t-s3cr3t-s3cr3t",
    ],
)
def test_a_key_file_that_is_none_is_refused_without_showing_it(here: Path, content: str) -> None:
    (here / "my.key").write_text(content)
    with pytest.raises(Refused) as refused:
        keyholder.keys_of(FolderStore(here / "work"), "my.key")
    assert "s3cr3t" not in str(refused.value)
    assert "short" not in str(refused.value)
    with pytest.raises(Refused, match="cannot be read"):
        keyholder.keys_of(FolderStore(here / "work"), "there-is-none.key")


@pytest.mark.parametrize("flags", ["", " --faults"])
@pytest.mark.usefixtures("here")
def test_inspect_accounts_for_every_record_and_shows_no_answer(flags: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert give(f"inspect answers.csv --survey-file own/survey.toml --json{flags}") == 0
    shown = document(capsys)
    assert shown["verdict"] == "partly"
    assert shown["records"]["physical"] == 3
    assert (shown["records"]["accepted"], shown["records"]["quarantined"]) == (1, 1)
    assert shown.get("faults") == ([{"record": 3, "column": "Q2", "reason": "out_of_range"}] if flags else None)
    assert give(f"inspect answers.csv --survey-file own/survey.toml{flags}") == 0
    assert "kari" not in capsys.readouterr().out
    assert sorted(one.name for one in Path().iterdir()) == ["answers.csv", "good.csv", "own", "units.csv"]


@pytest.mark.parametrize("flags", ["", " --json"])
@pytest.mark.usefixtures("here")
def test_inspect_writes_rows_as_json_lines_and_all_else_beside_them(
    here: Path, flags: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "any.csv").write_text('a;b\n1;"x\ny"\n2\n')
    assert give(f"inspect any.csv --rows{flags}") == 0
    shown = capsys.readouterr()
    assert [json.loads(line) for line in shown.out.splitlines()] == [["a", "b"], ["1", "x\ny"]]
    assert "too_few_cells" in shown.err
    assert not flags or json.loads(shown.err)["verdict"] == "partly"
    (here / "bad.csv").write_text('a,b\n1,"2\n')
    assert give(f"inspect bad.csv --rows{flags}") == 1
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("pushed")
def test_inspect_knows_the_surveys_of_a_workspace_and_refuses_with_exit_1(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert give("inspect answers.csv -W work -S tiny --json") == 0
    assert document(capsys)["verdict"] == "partly"
    (here / "bad.csv").write_text("a,b\n1,2\n")
    assert give("inspect bad.csv -W work -S tiny --faults --json") == 1
    assert document(capsys)["faults"] == []
    assert give("inspect bad.csv --faults --json") == 0
    assert document(capsys)["columns"] == ["a", "b"]


@pytest.mark.usefixtures("pushed")
def test_status_tells_files_records_and_releases(capsys: pytest.CaptureFixture[str]) -> None:
    give(PUSH)
    capsys.readouterr()
    assert give("status -W work --json") == 0
    (survey,) = document(capsys)["surveys"]
    first, second = survey["waves"]
    assert (first["files"], first["accepted"], first["quarantined"]) == ({"accepted": 1, "partly": 1}, 3, 1)
    assert (second["files"], first["release"], survey["current"]) == ({}, None, None)
    assert give("status -W work -S tiny") == 0
    assert "current release none" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_status_of_an_empty_workspace_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert give("status -W work") == 0
    assert "pulsverk survey" in capsys.readouterr().out
    assert give("status -W work -S tiny") == 1


def test_status_tells_of_a_survey_file_that_cannot_be_used(pushed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pushed / "work/config/tiny/survey.toml").write_text("id = 7")
    assert give("status -W work --json") == 0
    assert "title" in document(capsys)["surveys"][0]["problem"]


@pytest.mark.usefixtures("pushed")
def test_watch_over_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert give("watch -W work --today 2026-08-02 --json") == 0
    assert [one["what"] for one in document(capsys)["missing"]] == ["units", "people"]
    assert give("watch -W work --today 2026-07-02") == 0
    assert capsys.readouterr().out == "Nothing to see to.\n"
    assert give("watch -W work --today 2026-08-02") == 0
    assert "missing" in capsys.readouterr().out


def test_redrive_reads_again_what_a_mended_survey_file_allows(pushed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    give(PUSH)
    (pushed / "own/tiny.toml").write_text(INSTRUMENT.replace("low = 1\nhigh = 5", "low = 1\nhigh = 9"))
    give("survey own/survey.toml -W work")
    capsys.readouterr()
    assert give("redrive -W work -S tiny -V w1 --dry-run --json") == 0
    (file,) = document(capsys)["files"]
    assert (file["before"], file["after"], file["changed"]) == ("partly", "accepted", True)
    assert [one.state for one in ledger.files(FolderStore(pushed / "work"), "tiny", "w1")].count("partly") == 1
    assert give("redrive -W work -S tiny -V w1 --why mended") == 0
    assert "1 came out differently" in capsys.readouterr().out
    assert give("redrive -W work -S tiny -V w1 --why mended") == 0
    assert "Nothing has changed" in capsys.readouterr().out


def test_erase_reads_the_person_from_standard_input(
    pushed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("kari@fjord.no\n"))
    assert give("erase - -W work -S tiny --json") == 0
    shown = document(capsys)
    assert (shown["responses"], shown["holding"]) == (1, ["landing/tiny/w1/responses/good.csv"])
    key = keyholder.keys_of(FolderStore(pushed / "work"), None).current
    assert shown["pseudonym"] == pseudonym(key, "tiny", "kari@fjord.no")
    assert shown["pseudonym"] not in read_pseudonyms(pushed / "work")
    assert give("erase ola@fjord.no -W work -S tiny --remove-raw") == 0
    assert "good.csv" in capsys.readouterr().out
    assert not (pushed / "work/landing/tiny/w1/responses/good.csv").exists()
    assert give("erase kari@fjord.no -W work -S tiny") == 0


def test_over_s3_a_push_waits_for_the_function_unless_told_otherwise(
    pulsverk_cloud: Cloud, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "cloud.key").write_text(json.dumps({"id": "demo", "secret": "0123456789abcdef0123456789abcdef"}))
    where = f"-W {pulsverk_cloud.workspace}"
    assert give(f"survey own/survey.toml {where}") == 0
    push = f"{where} -S tiny -V w1 -k responses"
    assert give(f"push good.csv {push}") == 0
    assert ledger.files(pulsverk_cloud.store, "tiny", "w1") == ()
    pulsverk_cloud.drain()
    assert len(ledger.files(pulsverk_cloud.store, "tiny", "w1")) == 1
    capsys.readouterr()
    assert give(f"push answers.csv {push} --ingest") == 2  # over S3 no key is made up
    assert "--key-file" in capsys.readouterr().err
    assert give(f"push answers.csv {push} --ingest --key-file cloud.key") == 0


def test_an_address_that_is_no_workspace_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert give("watch -W s3://bucket/folder") == 1
    assert "without a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        (("U",), Cell("U")),
        (("U", "safety"), Cell("U", measure="safety")),
        (("U", "gender=w"), Cell("U", "gender", "w")),
        (("U", "safety", "gender*age=w*u40"), Cell("U", "gender*age", "w*u40", "safety")),
    ],
)
def test_how_a_cell_is_named(words: tuple[str, ...], cell: Cell) -> None:
    assert parse(words) == cell
    assert set(str(cell).split()) == set(words)
