import numpy as np
import pytest
from scipy.stats import fisher_exact
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_of_statsmodels
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from barwatch_collector.correlate.exact import benjamini_hochberg, fisher, mcnemar, risk_ratio, stratified, wilson

DRAW = np.random.default_rng(5)


@pytest.mark.parametrize(("n", "f", "all_n", "all_f"), [(12, 11, 160, 12), (5, 2, 20, 7), (3, 3, 9, 3), (8, 0, 30, 4)])
def test_fisher_agrees_with_scipy(n: int, f: int, all_n: int, all_f: int) -> None:
    table = [[f, n - f], [all_f - f, all_n - n - all_f + f]]

    assert fisher(n, f, all_n, all_f) == pytest.approx(fisher_exact(table, alternative="greater").pvalue)


@pytest.mark.parametrize(("b", "c"), [(12, 0), (5, 3), (1, 1), (0, 7)])
def test_mcnemar_agrees_with_statsmodels(b: int, c: int) -> None:
    assert mcnemar(b, c) == pytest.approx(mcnemar_of_statsmodels([[3, b], [c, 9]], exact=True).pvalue)


def test_no_discordant_pair_says_nothing() -> None:
    assert mcnemar(0, 0) == 1


@pytest.mark.parametrize(("failing", "units"), [(11, 12), (0, 30), (7, 7), (1, 148)])
def test_wilson_agrees_with_statsmodels(failing: int, units: int) -> None:
    interval = wilson(failing, units)

    assert (interval.low, interval.high) == pytest.approx(proportion_confint(failing, units, method="wilson"), abs=1e-9)


def test_strata_agree_with_statsmodels() -> None:
    """Step 14: Mantel-Haenszel's odds, their interval and the test without continuity correction."""
    stratum = DRAW.integers(0, 5, 400)
    inside = DRAW.random(400) < 0.2 + 0.1 * stratum
    failed = DRAW.random(400) < 0.1 + 0.1 * inside + 0.05 * stratum
    tables = [
        [[np.sum((stratum == s) & (inside == i) & (failed == f)) for f in (1, 0)] for i in (1, 0)] for s in range(5)
    ]
    theirs = StratifiedTable([np.array(one) for one in tables])

    ours = stratified(inside, failed, stratum)

    assert ours.odds is not None
    assert ours.odds.value == pytest.approx(theirs.oddsratio_pooled)
    assert (ours.odds.low, ours.odds.high) == pytest.approx(theirs.oddsratio_pooled_confint())
    assert ours.p == pytest.approx(theirs.test_null_odds().pvalue)
    assert ours.informative == 5


def test_a_cause_that_is_the_stratum_cannot_be_separated_from_it() -> None:
    stratum = np.repeat([0, 1], 20)

    assert stratified(stratum == 1, stratum == 1, stratum).odds is None


def test_a_perfect_cause_has_finite_odds() -> None:
    inside = np.tile([True, False], 20)
    found = stratified(inside, inside, np.repeat([0, 1], 20))

    assert found.odds is not None
    assert 1 < found.odds.low < found.odds.value < np.inf


def test_false_discovery_rates_agree_with_statsmodels() -> None:
    p = DRAW.random(30) ** 3

    assert benjamini_hochberg(p, 30) == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_tests_that_are_not_shown_count_too() -> None:
    assert benjamini_hochberg(np.array([0.001]), 100)[0] == pytest.approx(0.1)


def test_a_risk_ratio_needs_both_sides() -> None:
    assert risk_ratio(10, 5, 0, 0) is None
