"""`make bench` runs: the bench that takes no time, to a table and to a file."""

import json
import sys
from pathlib import Path

import pytest
from tests.bench.__main__ import BENCHES, main
from tests.bench.row import Bar, Row, Sense


@pytest.mark.skipif(sys.platform != "linux", reason="the benches read /proc")
def test_a_bench_is_a_table_for_people_and_a_file_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"

    assert main(["--quick", "--only", "scan", "--folder", str(tmp_path), "--json", str(file)]) == 0

    (bench,) = json.loads(file.read_text())["benches"]
    assert bench["rows"][0]["note"].startswith("100 functions")
    assert all(row["figure"] > 0 for row in bench["rows"])
    assert "topology and settings" in capsys.readouterr().out


def test_a_bench_that_breaks_keeps_its_rows_and_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_setup):
        yield Row("before", 1.0, "s")
        raise RuntimeError("after that")  # noqa: EM101, TRY003 its text is what the test looks for

    monkeypatch.setitem(BENCHES, "scan", broken)

    assert main(["--only", "scan", "--folder", str(tmp_path)]) == 1

    said = capsys.readouterr().out
    assert "before" in said
    assert "after that" in said


def test_a_missed_bar_is_told_and_a_figure_that_is_not_there_is_not_judged() -> None:
    bar = Bar(Sense.BELOW, 0.5)

    assert [Row("", figure, "%", bar=bar).is_met for figure in (0.4, 0.5, None)] == [True, False, None]
