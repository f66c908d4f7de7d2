"""Other methods, each as its users run it: rows of their answers, the best first. All see names, none sees units.

They are run when their packages are installed: mlxtend, pysubgroup, scikit-learn (which bring pandas).
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec

import numpy as np
from tests.bench_correlate.planted import Planted

from barwatch_collector.correlate.table import Bools

MOST = 30  # answers
DEPTH = 3
Peer = Callable[[Planted], list[Bools]]


def peers() -> Mapping[str, Peer]:
    """Those that can be run here."""
    needs = {
        "lift (FDA-like)": ("mlxtend", lift),
        "WRAcc (pysubgroup)": ("pysubgroup", wracc),
        "tree, depth 3": ("sklearn", tree),
        "L1 logistic, pairs": ("sklearn", lasso),
    }
    return {"chi2, one attribute": chi2} | {name: peer for name, (module, peer) in needs.items() if find_spec(module)}


def chi2(planted: Planted) -> list[Bools]:
    """Single items by the squared association with failing."""
    items, _ = _items(planted)
    failed = planted.failed > 0
    n, f, every = items.sum(axis=1), (items & failed).sum(axis=1), len(failed)
    spread = n * (every - n) * failed.sum() * (every - failed.sum())
    excess = f * every - n * failed.sum()
    score = np.divide(excess.astype(float) ** 2, spread, out=np.zeros(len(n)), where=spread > 0) * (excess > 0)
    return list(items[np.argsort(-score, kind="stable")[:MOST]])


def lift(planted: Planted) -> list[Bools]:
    """Frequent item sets of failing rows by their lift, the shorter first. After FDA (SIGMETRICS 2020)."""
    import pandas as pd  # noqa: PLC0415 only where it is installed
    from mlxtend.frequent_patterns import fpgrowth  # noqa: PLC0415 only where it is installed

    items, _ = _items(planted)
    failed = planted.failed > 0
    if failed.sum() < 2:
        return []
    frame = pd.DataFrame(items[:, failed].T)
    sets = fpgrowth(frame, min_support=0.6, max_len=DEPTH)
    rows = [np.logical_and.reduce(items[list(one)]) for one in sets["itemsets"]]
    scores = [
        (-support / row.mean(), len(one))
        for support, row, one in zip(sets["support"], rows, sets["itemsets"], strict=True)
    ]
    return [rows[at] for at in sorted(range(len(rows)), key=scores.__getitem__)[:MOST]]


def wracc(planted: Planted) -> list[Bools]:
    """Subgroups by weighted relative accuracy, beam search to depth 3."""
    import pandas as pd  # noqa: PLC0415 only where it is installed
    import pysubgroup  # noqa: PLC0415 only where it is installed

    frame = pd.DataFrame({name: [str(one) for one in column] for name, column in planted.names.items()})
    frame["failed"] = planted.failed > 0
    target = pysubgroup.BinaryTarget("failed", True)  # noqa: FBT003 their signature
    space = pysubgroup.create_selectors(frame, ignore=["failed"])
    task = pysubgroup.SubgroupDiscoveryTask(
        frame, target, space, result_set_size=MOST, depth=DEPTH, qf=pysubgroup.WRAccQF()
    )
    found = pysubgroup.BeamSearch(beam_width=MOST).execute(task)
    return [np.asarray(one.covers(frame), bool) for _, one, *_ in found.results]


def tree(planted: Planted) -> list[Bools]:
    """Leaves of a decision tree by their failures."""
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415 only where it is installed

    items, _ = _items(planted)
    failed = planted.failed > 0
    leaf = DecisionTreeClassifier(max_depth=DEPTH, random_state=0).fit(items.T, failed).apply(items.T)
    leaves = [leaf == one for one in np.unique(leaf)]
    return sorted(leaves, key=lambda rows: (-failed[rows].mean(), -rows.sum()))


def lasso(planted: Planted) -> list[Bools]:
    """Items and pairs of items by their coefficient in an L1 logistic regression; of the best 60 items."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 only where it is installed

    items, column = _items(planted)
    failed = planted.failed > 0
    if failed.all() or not failed.any():
        return []
    association = np.abs((items - items.mean(axis=1, keepdims=True)) @ (failed - failed.mean()))
    top = np.sort(np.argsort(-association, kind="stable")[:60])
    first, second = np.triu_indices(len(top), 1)
    different = column[top[first]] != column[top[second]]
    rows = np.concatenate((items[top], items[top[first[different]]] & items[top[second[different]]]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(l1_ratio=1, C=1.0, solver="liblinear", random_state=0).fit(rows.T, failed)
    order = np.argsort(-model.coef_[0], kind="stable")[:MOST]
    return [rows[at] for at in order if model.coef_[0][at] > 0]


def _items(planted: Planted) -> tuple[Bools, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    rows, columns = zip(*_each(planted), strict=True)
    return np.array(rows, bool), np.array(columns)


def _each(planted: Planted) -> Iterator[tuple[Bools, int]]:
    for at, values in enumerate(planted.names.values()):
        names = np.array([one or "" for one in values])
        for name in np.unique(names[names != ""]):
            yield names == name, at
