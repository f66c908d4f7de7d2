import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.collector.correlate.tables import lab

from barwatch_collector.ask.explain import explain


@pytest.fixture
def fleet_csv(tmp_path: Path) -> Path:
    made = lab()
    header = ["host", *(column.name for column in made.columns), "bad", "reads"]
    lines = [header]
    for row in range(len(made)):
        values = [column.levels[column.codes[row]] for column in made.columns]
        lines.append([f"h{made.units[row]}", *values, str(made.failures[row]), str(made.attempts[row])])
    path = tmp_path / "fleet.csv"
    path.write_text("".join(",".join(line) + "\n" for line in lines))
    return path


def run(path: Path, *options: str) -> Result:
    arguments = [
        "--table",
        str(path),
        "--outcome",
        "bad",
        "--weight",
        "reads",
        "--unit",
        "host",
        "--permutations",
        "99",
    ]
    return CliRunner().invoke(explain, [*arguments, *options])


def test_the_screen_begins_with_the_sentence(fleet_csv: Path) -> None:
    result = run(fleet_csv)

    assert result.exit_code == 0
    assert "hosts when behind=box AND moved=yes AND access=user; 0/60 otherwise" in result.stdout
    assert "laptop=yes" in result.stdout.split("Not the cause:")[1]
    assert "Nothing remains unexplained." in result.stdout
    assert len(result.stdout.splitlines()) < 40


def test_the_document_has_all_of_it(fleet_csv: Path) -> None:
    document = json.loads(run(fleet_csv, "--json").stdout)

    found = document["explanations"][0]
    assert document["version"] == 1
    assert found["literals"][0] == {"attribute": "behind", "operator": "=", "values": ["box"], "text": "behind=box"}
    assert found["inside"]["failing"] == found["inside"]["units"] == document["failing"]
    assert found["outside"] == {
        "units": 60,
        "failing": 0,
        "rate": pytest.approx({"value": 0, "low": 0, "high": 0.0602}, abs=1e-3),
        "of_cells": 0.0,
    }
    assert {
        "score",
        "p",
        "q",
        "posterior",
        "score_at_half",
        "halves",
        "fitted",
        "alternatives",
        "stability",
        "adjusted",
        "paired",
    } < set(found)


def test_the_document_is_the_same_every_time(fleet_csv: Path) -> None:
    assert run(fleet_csv, "--json").stdout == run(fleet_csv, "--json").stdout


def test_a_bad_table_is_an_error_that_says_where(fleet_csv: Path) -> None:
    result = run(fleet_csv, "--outcome", "nothing")

    assert result.exit_code == 1
    assert "fleet.csv, line 1: no column 'nothing' for the outcome" in result.stderr


def test_what_may_be_chance_is_said_to_be(tmp_path: Path) -> None:
    """With what cannot be compared, gaps and rows without an outcome."""
    path = tmp_path / "small.csv"
    rows = [f"{at},same,{'a' if at < 3 else 'b'},{'' if at < 3 else 'p'},{int(at < 3)}" for at in range(6)]
    path.write_text("\n".join(["name,all,x,y,bad", *(f"n{row}" for row in rows), "n9,same,b,p,"]) + "\n")

    screen = CliRunner().invoke(explain, ["--table", str(path), "--outcome", "bad"]).stdout

    assert "1 row without outcome, attempts or unit left out" in screen
    assert "nothing to compare in name, all" in screen
    assert "p not known: too few units" in screen
    assert "What fits best, and may be chance:" in screen
