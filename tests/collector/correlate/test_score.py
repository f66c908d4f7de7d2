import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, binom

from barwatch_collector.correlate.score import Counts, WholeCounts, bayes_factor


def counts(n: float, f: float, all_n: float, all_f: float) -> Counts:
    return Counts(*(np.array([float(one)]) for one in (n, f, all_n, all_f)))


@pytest.mark.parametrize(("n", "f", "all_n", "all_f"), [(5, 4, 30, 6), (12, 11, 160, 12), (3, 2, 10, 2)])
def test_the_bayes_factor_is_the_ratio_of_integrated_likelihoods(n: int, f: int, all_n: int, all_f: int) -> None:
    """Step 10, by numerical integration of the likelihoods over their priors."""

    def integrated(failing: int, units: int, prior: tuple[float, float]) -> float:
        density = beta(*prior)
        choose = binom.pmf(failing, units, 0.5) * 2.0**units
        return quad(lambda rate: binom.pmf(failing, units, rate) * density.pdf(rate), 0, 1, limit=400)[0] / choose

    cause = integrated(f, n, (1, 1)) * integrated(all_f - f, all_n - n, (0.5, 10))
    none = integrated(all_f, all_n, (0.5, 10))

    assert bayes_factor(counts(n, f, all_n, all_f))[0] == pytest.approx(np.log(cause / none), rel=1e-3)


def test_whole_counts_give_the_same_factors_as_any_counts() -> None:
    n, f = (each.ravel() for each in np.meshgrid(np.arange(21), np.arange(8)))
    possible = (f <= n) & (7 - f <= 20 - n)
    n, f = n[possible], f[possible]
    every = Counts(n.astype(float), f.astype(float), np.full(len(n), 20.0), np.full(len(n), 7.0))

    assert WholeCounts(20, 7).bayes_factor(n, f) == pytest.approx(bayes_factor(every))


def test_what_is_healthier_inside_is_no_cause() -> None:
    assert bayes_factor(counts(10, 2, 20, 10))[0] == -np.inf


def test_one_failing_unit_is_no_contrast() -> None:
    assert bayes_factor(counts(1, 1, 100, 1))[0] == -np.inf


def test_nothing_reaches_more_than_a_conjunction_without_healthy_units() -> None:
    scores = WholeCounts(40, 9)
    n, f = np.meshgrid(np.arange(1, 32), np.arange(10))
    possible = f <= n

    assert (scores.bayes_factor(n[possible], f[possible]) <= scores.at_best(f[possible]) + 1e-12).all()
