"""What an experiment tells: expected information gain (step 24)."""

import numpy as np

from barwatch_collector.correlate.table import Bools, Floats
from barwatch_collector.experiment.beliefs import Beliefs

AT_ONCE = 4_000_000  # predictions that are in memory together


def gains(beliefs: Beliefs, inside: Bools, repeats: int = 1) -> tuple[Floats, Floats]:
    """Of each cell, the bits that its outcome tells of which hypothesis is true, and how likely it fails.

    The mutual information of outcome and hypothesis: the entropy of the outcome less what is left of it when the
    hypothesis is known. Source: Lindley, Annals of Mathematical Statistics 27 (1956).

    Args:
        beliefs: what may be the cause.
        inside: hypotheses x cells, as ``Beliefs.holds_on`` gives it.
        repeats: tries of each cell.
    """
    at_in, at_out = beliefs.predicted(repeats)
    chance = beliefs.chance
    by_inside = np.stack((chance * (at_in - at_out), chance * (entropy(at_in) - entropy(at_out))))
    step = max(1, AT_ONCE // len(beliefs))
    parts = [by_inside @ inside[:, at : at + step] for at in range(0, inside.shape[1], step)]
    more_failing, more_noise = np.concatenate(parts, axis=1) if parts else np.zeros((2, 0))
    failing = np.clip(chance @ at_out + more_failing, 0.0, 1.0)
    return np.maximum(entropy(failing) - chance @ entropy(at_out) - more_noise, 0.0), failing


def entropy(p: Floats) -> Floats:
    """Bits of a yes or no with these chances."""
    both = np.stack((p, 1 - p))
    return np.asarray(-np.sum(both * np.log2(np.where(both > 0, both, 1.0)), axis=0))
