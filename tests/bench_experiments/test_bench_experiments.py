import json
from pathlib import Path

import numpy as np
import pytest
from tests.bench_experiments.__main__ import METHODS, main
from tests.bench_experiments.policies import POLICIES, Seen
from tests.bench_experiments.trial import beliefs_on, tried, with_cell
from tests.bench_experiments.worlds import COLUMNS, Setting, world

from barwatch_collector.correlate.literal import all_hold
from barwatch_collector.experiment.beliefs import codes_of
from barwatch_collector.experiment.lab import Lab

EASY = Setting("aliases", 12, 1, attributes=10, p_inside=1.0)


@pytest.mark.parametrize("name", COLUMNS)
def test_the_same_seed_makes_the_same_fleet(name: str) -> None:
    one, other = world(Setting(name, 12, 2, 20), 3), world(Setting(name, 12, 2, 20), 3)

    assert one.cause == other.cause
    assert np.array_equal(codes_of(one.table), codes_of(other.table))
    assert np.array_equal(one.table.failures, other.table.failures)


@pytest.mark.parametrize("name", COLUMNS)
def test_where_every_try_fails_the_truth_says_what_the_table_says(name: str) -> None:
    made = world(Setting(name, 12, 2, 20, p_inside=1.0), 4)
    draw = np.random.default_rng(1)

    told = [made.fails(cell, 1, draw) for cell in codes_of(made.table)]

    assert told == (made.table.failures > 0).tolist()


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_chooses_a_cell_of_the_table(name: str) -> None:
    beliefs = beliefs_on(world(EASY, 1).table)
    cells = codes_of(beliefs.table)
    seen = Seen(beliefs, cells, beliefs.table.failures > 0, 3, Lab())

    cell = POLICIES[name](seen, np.random.default_rng(1))

    assert cell is not None
    assert cell.shape == cells[0].shape


@pytest.mark.parametrize("method", METHODS)
def test_a_course_with_sure_outcomes_ends_with_what_was_planted(method: str) -> None:
    end = tried(world(EASY, 2), method, 2)

    assert end.is_right


def test_a_cell_that_was_tried_is_one_more_unit() -> None:
    made = world(EASY, 1)
    cell = codes_of(made.table)[0]

    more = with_cell(made.table, cell, fails=True)

    assert len(more) == len(made.table) + 1
    assert more.failures[-1] == 1
    assert np.array_equal(codes_of(more)[-1], cell)
    assert all(len(all_hold(one, more)) == len(more) for one in beliefs_on(more).conjunctions[:3])


def test_what_is_measured_is_written_as_a_document(tmp_path: Path) -> None:
    document = tmp_path / "figures.json"

    assert main(["--only", "barwatch", "--repeats", "1", "--json", str(document)]) == 0

    rows = json.loads(document.read_text())
    assert {row["metric"] for row in rows} == {"median", "nine in ten", "right", "wrong"}
    assert [row["bar"] for row in rows if row["bar"]] == ["<= 5", "<= 9"]
