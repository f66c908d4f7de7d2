"""Small fleets with a known cause, and what is believed of them."""

from collections.abc import Sequence

import numpy as np

from barwatch_collector.correlate.explain import ranked
from barwatch_collector.correlate.literal import Literal
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Table, table
from barwatch_collector.experiment.beliefs import Beliefs
from barwatch_collector.experiment.candidates import beliefs_of
from barwatch_collector.experiment.lab import Scope, Trait

TRAITS = {
    "chassis": Trait(Scope.HOST),
    "iommu": Trait(Scope.HOST, is_changeable=True),
    "aspm": Trait(Scope.HOST, is_changeable=True),
    "behind": Trait(Scope.ROUTE),
    "chip": Trait(Scope.FUNCTION),
    "firmware": Trait(Scope.FUNCTION),
    "access": Trait(Scope.ACCESS),
}


def believed(observed: Table) -> Beliefs:
    """What a search leaves as possible causes."""
    made = ranked(observed, Settings())
    assert made is not None
    return beliefs_of(made)


def by_hand(chance: Sequence[float], rates: Sequence[tuple[float, float]], values: int = 2) -> Beliefs:
    """One column for each hypothesis, whose cause is that it has the second value; the last hypothesis has no cause.

    Args:
        chance: of each hypothesis.
        rates: of each, inside and outside, all but certain.
        values: of each column.
    """
    words = [f"v{one}" for one in range(values)]
    observed = table({f"c{at}": words for at in range(len(chance) - 1)}, [0] * values)
    known = [np.array([[rate * 1e9, (1 - rate) * 1e9] for rate in each]) for each in zip(*rates, strict=True)]
    causes = tuple((Literal(at, (1,)),) for at in range(len(chance) - 1))
    return Beliefs(observed, causes, np.array(chance), known[0], known[1])


def hypothetical(texts: tuple[str, ...]) -> Beliefs:
    """These single values of the founding fleet as the hypotheses, and no others."""
    observed = founding()
    causes = []
    for text in texts:
        name, _, value = text.partition("=")
        at = next(index for index, one in enumerate(observed.columns) if one.name == name)
        causes.append((Literal(at, (observed.columns[at].levels.index(value),)),))
    rates = np.array([[20.0, 1.0]] * len(texts) + [[1.0, 9.0]]), np.array([[1.0, 20.0]] * len(texts) + [[1.0, 9.0]])
    chance = np.array([1.0] * len(texts) + [0.01])
    return Beliefs(observed, tuple(causes), chance / chance.sum(), *rates)


def founding() -> Table:
    """Every host behind the box is a laptop and every laptop is behind a box; read by user they fail."""
    hosts = range(12)
    rows = [(host, access) for host in hosts for access in ("kernel", "user")]
    is_laptop = [host < 6 for host, _ in rows]
    return table(
        {
            "chassis": ["laptop" if one else "desktop" for one in is_laptop],
            "behind": ["Thunderbolt" if one else "slot" for one in is_laptop],
            "chip": ["GA104" if host % 3 else "GA106" for host, _ in rows],
            "firmware": ["94.4" if host % 3 else "94.6" for host, _ in rows],
            "iommu": ["on" if host % 2 else "off" for host, _ in rows],
            "aspm": ["on" if host % 4 < 2 else "absent" for host, _ in rows],
            "access": [access for _, access in rows],
        },
        [20 * (laptop and access == "user") for laptop, (_, access) in zip(is_laptop, rows, strict=True)],
        [20] * len(rows),
        [f"h{host}" for host, _ in rows],
        "host",
    )


def two_aliases() -> Table:
    """Of two columns that always agree one is the cause; nothing in the table says which."""
    on = [at < 5 for at in range(14)]
    words = ["yes" if one else "no" for one in on]
    other = ["odd" if at % 2 else "even" for at in range(14)]
    return table({"dock": words, "charger": words, "row": other}, [int(one) for one in on], unit_word="host")
