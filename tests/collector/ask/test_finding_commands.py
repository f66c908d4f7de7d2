"""contrast, findings and export on the founding case."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.collector.api.serving import Served, served
from tests.collector.findings.founding import machines, write
from tests.collector.questions.fleet import NOON_NS

from barwatch_collector.ask.__main__ import main
from barwatch_collector.store.findings import Finding, FindingStore

SENTENCE = "fails on 14/14 hosts when route_tunnelled=yes AND access=user; 0/28 otherwise"


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(f"sqlite:///{tmp_path_factory.mktemp('founding') / 'fleet.db'}") as made:
        write(made.fleet)
        kept = (
            Finding("stale_mapping", NOON_NS - 1, "1", "a" * 64, 3, "undecidable", "too few", "{}"),
            Finding("stale_mapping", NOON_NS, "1", "b" * 64, 14, "strong", SENTENCE, "{}"),
        )
        for each in kept:
            FindingStore(made.fleet.engine).keep([each])
        yield made


def ask(collector: Served, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--collector", collector.url, *arguments])


def test_contrast_says_what_only_one_of_them_fails_at_and_what_goes_along_with_it(collector: Served) -> None:
    result = ask(collector, "contrast", "lab-00", "lab-27")

    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0] == (
        "5 differences between lab-00 and lab-27; only one of them fails: 10de:1b80 display controller (VGA) by user"
    )
    (topology,) = [line for line in lines if line.startswith("route_topology")]
    assert "14 of 14 fail" in topology
    assert "0 of 14 fail" in topology
    (chassis,) = [line for line in lines if line.startswith("chassis")]
    assert chassis.split()[1:3] == ["laptop", "desktop"]


def test_contrast_as_json_has_the_sentence_of_each_attribute(collector: Served) -> None:
    answer = json.loads(ask(collector, "contrast", "lab-00", "lab-27", "--failure", "stale_mapping", "--json").stdout)

    assert (answer["failure"], answer["left"], answer["right"]) == ("stale_mapping", "lab-00", "lab-27")
    chassis = next(one for one in answer["differences"] if one["attribute"] == "chassis")
    assert chassis["sentence"].startswith("Kind of machine")
    assert (chassis["fleet_left"], chassis["fleet_right"]) == (
        {"hosts": 15, "failing": 10},
        {"hosts": 13, "failing": 4},
    )


def test_two_hosts_that_go_alike_are_said_to(collector: Served) -> None:
    assert "what is read on both goes alike" in ask(collector, "contrast", "lab-00", "lab-01").stdout


def test_a_host_that_nobody_knows_is_said_with_what_may_have_been_meant(collector: Served) -> None:
    result = ask(collector, "contrast", "lab-00", "lab-99")

    assert result.exit_code == 2
    assert "no host is called 'lab-99'" in result.stderr


def test_findings_have_their_history_the_latest_first(collector: Served) -> None:
    result = ask(collector, "findings")

    lines = result.stdout.splitlines()
    assert lines[0] == "2 findings; 1 of 1 failure class explained now"
    assert SENTENCE in lines[3]
    assert "too few" in lines[4]


def test_export_has_a_row_for_each_cell_with_its_attributes(collector: Served, tmp_path: Path) -> None:
    piped = ask(collector, "export").stdout
    to_file = ask(collector, "export", "-o", str(tmp_path / "cells.csv"))

    rows = list(csv.DictReader(io.StringIO(piped)))
    assert (to_file.exit_code, (tmp_path / "cells.csv").read_text(encoding="utf-8")) == (0, piped)
    assert len(rows) == 3 * len(machines())
    user = next(row for row in rows if (row["host"], row["access"]) == ("lab-00", "user"))
    assert (user["attempts"], user["failures"], user["failure"]) == ("3600", "3600", "stale_mapping")
    assert (user["chassis"], user["route_tunnelled"], user["bios_version"]) == ("laptop", "yes", "")


def test_export_as_json_has_one_object_to_a_line_and_null_for_what_is_not_known(
    collector: Served, tmp_path: Path
) -> None:
    ask(collector, "export", "--access", "user", "-o", str(tmp_path / "cells.jsonl"))

    rows = [json.loads(line) for line in (tmp_path / "cells.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["access"] for row in rows} == {"user"}
    assert (rows[0]["attempts"], rows[0]["bios_version"]) == (3600, None)


def test_export_as_parquet_has_the_same_rows(collector: Served, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    ask(collector, "export", "-o", str(tmp_path / "cells.csv"))
    ask(collector, "export", "-o", str(tmp_path / "cells.parquet"))

    with (tmp_path / "cells.csv").open(encoding="utf-8") as file:
        expected = [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]
    table = parquet.read_table(tmp_path / "cells.parquet")
    found = [
        {name: str(value) if value is not None else None for name, value in row.items()} for row in table.to_pylist()
    ]
    assert found == expected
    assert str(table.schema.field("attempts").type) == "int64"


def test_parquet_is_not_for_a_terminal(collector: Served) -> None:
    result = ask(collector, "export", "--format", "parquet")

    assert (result.exit_code, "name a file with -o" in result.stderr) == (2, True)


def test_an_export_is_explained_by_the_engine_as_the_collector_explains_its_cells(
    collector: Served, tmp_path: Path
) -> None:
    ask(collector, "export", "--failure", "stale_mapping", "-o", str(tmp_path / "cells.csv"))

    roles = ("--outcome", "failures", "--weight", "attempts", "--unit", "host")
    left_out = ("--ignore", "function", "--ignore", "snapshot", "--ignore", "failure")
    table = ("--table", str(tmp_path / "cells.csv"), "--permutations", "39", "--json")
    from_file = json.loads(ask(collector, "explain", *table, *roles, *left_out).stdout)
    asked = json.loads(ask(collector, "explain", "--permutations", "39", "--json").stdout)

    (of_collector,) = asked["failures"]
    assert from_file["explanations"][0]["inside"] == of_collector["report"]["explanations"][0]["inside"]
    assert of_collector["report"]["explanations"][0]["text"] == "route_tunnelled=yes AND access=user"


def test_explain_begins_with_the_sentence_of_the_class_with_the_most_failing_hosts(collector: Served) -> None:
    result = ask(collector, "explain", "--permutations", "39")

    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0].startswith("fails on 14/14 hosts when route_tunnelled=yes AND access=user; 0/28 otherwise")
    assert "stale_mapping, on 14 hosts of 28" in lines
    assert "Nothing remains unexplained." in lines


def test_explain_of_a_class_that_nobody_has_says_that_nothing_fails(collector: Served) -> None:
    result = ask(collector, "explain", "--failure", "removed", "--permutations", "0")

    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "nothing fails on 28 hosts")


def test_experiments_say_what_to_try_or_that_nothing_would_tell_more(collector: Served) -> None:
    """Here the box is a tunnel, removable and a topology of its own, all at once: no swap tells them apart."""
    result = ask(collector, "experiments")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "no host has route_tunnelled=yes AND access=user without" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "--outcome", "failures"), "--outcome is about a table: name it with --table"),
        (("explain", "--table", "x.csv", "--outcome", "y", "--since", "1h"), "--since is about a fleet"),
        (("explain", "--table", "x.csv"), "--table needs --outcome COLUMN"),
        (("explain", "--table", "/nowhere/x.csv", "--outcome", "y"), "/nowhere/x.csv: No such file or directory"),
    ],
)
def test_options_that_do_not_go_together_are_said(collector: Served, arguments: tuple[str, ...], said: str) -> None:
    result = ask(collector, *arguments)

    assert result.exit_code != 0
    assert said in result.stderr
