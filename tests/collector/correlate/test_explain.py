import dataclasses

import numpy as np
import pytest
from tests.collector.correlate.tables import lab, two_level

from barwatch_collector.correlate.explain import explained
from barwatch_collector.correlate.finding import Level
from barwatch_collector.correlate.placebo import with_placebos
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Table, table

QUICK = Settings(permutations=99)


def names(draw: np.random.Generator, rows: int, columns: int) -> dict[str, list[str]]:
    return {f"c{at}": [f"v{one}" for one in draw.integers(0, 2 + at % 3, rows)] for at in range(columns)}


def test_the_founding_case_is_explained() -> None:
    """User access and a moved BAR behind the box, not the laptop."""
    report = explained(lab(), QUICK)

    found = report.explanations[0]
    assert set(found.text.split(" AND ")) == {"access=user", "moved=yes", "behind=box"}
    assert found.inside.failing == found.inside.units == report.failing_units
    assert found.outside.failing == 0
    assert found.level is Level.STRONG
    laptop = next(one for one in report.rejected if one.text == "laptop=yes")
    assert laptop.alone.failing == 0
    assert laptop.alone.units > 0
    assert report.unexplained_units == 0


def test_hosts_that_do_not_know_a_value_are_told_apart_from_those_that_have_another() -> None:
    """A mixed fleet: what only Windows tells is unknown on Linux, where it could be the same."""
    hvci, access = ["on"] * 12 + ["off"] * 12 + [None] * 20, ["user", "kernel"] * 22
    fails = [value == "on" and way == "user" for value, way in zip(hvci, access, strict=True)]
    found = explained(table({"hvci": hvci, "access": access}, list(map(int, fails)), unit_word="host"), QUICK)
    best = found.explanations[0]

    assert set(best.text.split(" AND ")) == {"hvci=on", "access=user"}
    assert best.unknown is not None
    assert (best.outside.units, best.unknown.units, best.unknown.failing) == (38, 10, 0)
    assert best.sentence.endswith("0/38 otherwise (of these 0/10 where a value is not known)")


def test_a_host_is_its_own_witness() -> None:
    """Every failing host reads well by the other access."""
    found = explained(lab(), QUICK).explanations[0]

    assert found.paired is not None
    assert found.paired.only_inside == found.inside.units
    assert found.paired.only_outside == 0
    assert found.paired.p < 0.01


def test_the_same_table_and_seed_give_the_same_report() -> None:
    assert explained(lab(), QUICK) == explained(lab(), QUICK)


def test_a_report_is_named_by_what_it_depends_on() -> None:
    made = lab()
    other = dataclasses.replace(made, failures=np.zeros_like(made.failures))

    hashes = {
        explained(one, how).input_hash for one in (made, other) for how in (QUICK, Settings(seed=2, permutations=99))
    }

    assert len(hashes) == 4


@pytest.mark.parametrize("seed", range(6))
def test_a_fleet_without_a_cause_has_no_explanation(seed: int) -> None:
    draw = np.random.default_rng(seed + 100)
    values = names(draw, 80, 12)

    report = explained(table(values, (draw.random(80) < 0.1).astype(int)), Settings(seed=seed, permutations=99))

    assert report.explanations == ()


def test_a_bad_host_with_a_thousand_rows_is_no_cause() -> None:
    """Samples are not replicates: two hosts fail always, whatever they are sampled."""
    draw = np.random.default_rng(4)
    values = names(draw, 40, 10)
    rows = np.concatenate([np.repeat([3, 9], 500), np.arange(40)])
    repeated = {name: [column[row] for row in rows] for name, column in values.items()}

    report = explained(
        table(repeated, np.isin(rows, [3, 9]).astype(int), units=[str(row) for row in rows], unit_word="host"), QUICK
    )

    assert report.explanations == ()
    assert (report.units, report.failing_units) == (40, 2)


def test_two_causes_are_found_one_after_the_other() -> None:
    draw = np.random.default_rng(11)
    values = names(draw, 300, 8)
    first, second = (np.array(values[name]) == level for name, level in (("c2", "v1"), ("c5", "v2")))
    other = np.array(values["c1"]) == "v0"

    report = explained(table(values, ((first & other) | second).astype(int)), QUICK)

    assert {one.text for one in report.explanations} == {"c1=v0 AND c2=v1", "c5=v2"}
    assert report.unexplained_units == 0


def test_a_value_set_is_found_where_several_values_fail() -> None:
    draw = np.random.default_rng(12)
    port = [f"TB{one}" for one in draw.integers(1, 7, 200)]

    report = explained(
        table({"port": port, "x": ["a", "b"] * 100}, [int(one in {"TB3", "TB4"}) for one in port]), QUICK
    )

    assert report.explanations[0].text == "port in {TB3, TB4}"


def test_a_value_set_of_a_further_column_is_found() -> None:
    """Neither browser alone is the cause, and the pair without them is not all of it."""
    draw = np.random.default_rng(14)
    values = {name: [f"{name}{one}" for one in draw.integers(0, levels, 240)]
              for name, levels in (("os", 3), ("browser", 4), ("cpu", 2), ("run", 240))}  # fmt: skip
    failed = [int(os == "os1" and browser in {"browser0", "browser2"} and cpu == "cpu1")
              for os, browser, cpu in zip(values["os"], values["browser"], values["cpu"], strict=True)]  # fmt: skip

    found = explained(table(values, failed), QUICK).explanations[0]

    assert found.text == "os=os1 AND cpu=cpu1 AND browser in {browser0, browser2}"
    assert found.alternatives == ()


def test_a_cut_is_found_where_the_numbers_have_it() -> None:
    lanes = np.random.default_rng(13).normal(size=400).round(2)
    report = explained(
        table({"x": [str(one) for one in lanes], "y": ["a", "b"] * 200}, (lanes > 0.83).astype(int)), QUICK
    )

    assert report.explanations[0].text == "x>" + str(max(one for one in lanes if one <= 0.83))


def test_missing_values_are_a_gap_and_never_a_cause() -> None:
    values = [None if at % 4 == 0 else f"v{at % 3}" for at in range(200)]

    report = explained(table({"x": values, "y": ["a", "b"] * 100}, [int(one is None) for one in values]), QUICK)

    assert report.gaps[0].text == "x is missing"
    assert not any("missing" in one.text for one in (*report.explanations, *report.candidates))


def test_what_the_model_explains_as_well_is_only_suggested() -> None:
    """Within any model nothing differs: the cause may be anything of that model."""
    model = [f"m{at % 8}" for at in range(160)]
    values = {
        "model": model,
        "chassis": ["laptop" if one in {"m1", "m2", "m3"} else "desktop" for one in model],
        "vendor": ["Dell" if one in {"m1", "m2", "m6"} else "HP" for one in model],
        "wifi": ["yes" if one in {"m1", "m3", "m5"} else "no" for one in model],
    }
    draw = np.random.default_rng(3)

    report = explained(table(values, [int(one in {"m1", "m2", "m3"} and draw.random() < 0.8) for one in model]), QUICK)

    found = report.explanations[0]
    assert found.text == "chassis=laptop"
    assert found.adjusted is not None
    assert (found.adjusted.stratum, found.adjusted.verdict) == ("model", "not separable")
    assert found.level is Level.SUGGESTIVE


def test_what_cannot_be_told_apart_names_the_missing_observation() -> None:
    report = explained(two_level(("AB",), 2, "AB"), QUICK)
    doubled = explained(doubled_table(two_level(("AB", "AC", "BC", "ABC"), 3, "AB"), 4), QUICK)

    assert report.explanations == ()
    assert "p below" in report.conclusion or "only one" in report.conclusion
    missing = {one.missing for one in doubled.explanations[0].alternatives if one.has_same_rows}
    assert any(text.startswith("no run has ") and text.endswith(": test one") for text in missing)


def doubled_table(made: Table, times: int) -> Table:
    repeated = made.of(np.tile(np.arange(len(made)), times))
    return dataclasses.replace(repeated, units=np.arange(len(repeated)))


@pytest.mark.parametrize(
    ("failed", "said"),
    [
        ([], "the table has no observations with an outcome"),
        ([0] * 9, "nothing fails on 9 rows"),
        ([1, *[0] * 8], "only one of 9 rows fails"),
        ([1] * 9, "all 9 rows fail: there is none to compare them with"),
        ([1, 1, 0], "undecidable: 3 rows of which 2 fail cannot give a p below 0.33"),
    ],
)
def test_what_cannot_be_explained_is_said(failed: list[int], said: str) -> None:
    values = ["a" if one else "b" for one in failed]

    report = explained(table({"x": values, "y": values}, failed), QUICK)

    assert report.conclusion.startswith(said)
    assert report.explanations == ()


def test_a_table_without_attributes_has_no_explanation() -> None:
    assert explained(table({}, [1, 1, 0, 0, 0, 0, 0, 0, 0]), QUICK).explanations == ()


def test_placebos_keep_the_values_of_their_column() -> None:
    made = lab()
    with_them = with_placebos(made, 5, seed=1)

    shuffled = [one for one in with_them.columns if one.is_placebo]
    assert len(shuffled) == 5
    for one in shuffled:
        original = next(column for column in made.columns if f"placebo of {column.name}" == one.name)
        assert np.array_equal(np.sort(one.codes), np.sort(original.codes))


def test_what_holds_within_every_model_is_strong() -> None:
    draw = np.random.default_rng(6)
    model = [f"m{at % 6}" for at in range(180)]
    dock = [f"d{one}" for one in draw.integers(0, 2, 180)]
    of_model = {name: [f"{name}{(int(one[1]) >> bit) & 1}" for one in model] for bit, name in enumerate("xyz")}
    failed = [int(one == "d1" and draw.random() < 0.7) for one in dock]

    found = explained(table({"model": model, "dock": dock, **of_model}, failed), QUICK).explanations[0]

    assert found.text == "dock=d1"
    assert found.adjusted is not None
    assert (found.adjusted.stratum, found.adjusted.verdict) == ("model", "holds")
    assert found.level is Level.STRONG


def test_outcomes_that_only_move_within_models_do_not_speak_for_the_model() -> None:
    model = [f"m{at % 4}" for at in range(80)]
    made = table({"model": model, "x": ["a", "b", "b", "a", "a"] * 16}, [int(one == "m1") for one in model])

    between, within = (explained(made, Settings(permutations=99, strata=strata)) for strata in (None, "model"))

    assert between.explanations[0].text == "model=m1"
    assert within.explanations == ()


def test_near_aliases_are_named() -> None:
    rows = range(400)
    values = {
        "x": ["a" if at % 4 == 0 else "b" for at in rows],
        "y": ["p" if at % 4 == 0 and at else "q" for at in rows],
    }

    found = explained(table(values, [int(at % 4 == 0) for at in rows]), QUICK).explanations[0]

    assert (found.text, found.nearly_same) == ("x=a", ("y=p",))
