"""Tables with known answers."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from barwatch_collector.correlate.table import Table, table


def random_table(seed: int, rows: int = 40, columns: int = 6) -> Table:
    """Names only; fails where x0=v0 and x1=v1, mostly."""
    draw = np.random.default_rng(seed)
    values = {f"x{at}": [f"v{one}" for one in draw.integers(0, 2 + at % 2, rows)] for at in range(columns)}
    inside = np.array([a == "v0" and b == "v1" for a, b in zip(values["x0"], values["x1"], strict=True)])
    failed = (inside & (draw.random(rows) < 0.9)) | (draw.random(rows) < 0.05)
    return table(values, failed.astype(int))


def lab(hosts: int = 60) -> Table:
    """The founding case: laptops, the box, IOMMU and BIOS overlap; user access to a moved BAR behind the box fails.

    Every host is asked by two accesses. All hosts behind the box are laptops, and most laptops have one BIOS.
    """
    draw = np.random.default_rng(7)
    hosts_of: dict[str, list[str]] = {name: [] for name in ("laptop", "behind", "moved", "iommu", "bios")}
    for at in range(hosts):
        is_laptop = at % 2 == 0
        hosts_of["laptop"].append("yes" if is_laptop else "no")
        hosts_of["behind"].append("box" if is_laptop and at % 4 == 0 else "slot")
        hosts_of["moved"].append("yes" if draw.random() < 0.6 else "no")
        hosts_of["iommu"].append("on" if is_laptop or draw.random() < 0.3 else "off")
        hosts_of["bios"].append("Dell" if is_laptop != (draw.random() < 0.1) else "AMI")
    rows = [(host, access) for host in range(hosts) for access in ("kernel", "user")]
    attributes = {name: [values[host] for host, _ in rows] for name, values in hosts_of.items()}
    attributes["access"] = [access for _, access in rows]
    fails = [
        access == "user" and hosts_of["moved"][host] == "yes" and hosts_of["behind"][host] == "box"
        for host, access in rows
    ]
    return table(attributes, [30 * one for one in fails], [100] * len(rows), [f"h{host}" for host, _ in rows], "host")


def two_level(generators: Sequence[str], base: int, failing: str) -> Table:
    """A regular fractional factorial: base factors in full, then a product of them for each generator.

    Args:
        generators: ``("AB", "AC")``: the further factors, of the first letters.
        base: how many factors are free.
        failing: the letters all of which are on where it fails.
    """
    letters = "ABCDEFGHIJ"[: base + len(generators)]
    runs = []
    for levels in product((-1, 1), repeat=base):
        run = list(levels)
        run += [int(np.prod([run["ABCDEFGHIJ".index(letter)] for letter in word])) for word in generators]
        runs.append(run)
    return design(np.array(runs), letters, failing)


def plackett_burman_12(failing: str) -> Table:
    """Plackett and Burman, Biometrika 33 (1946): eleven factors in twelve runs."""
    first = [1, 1, -1, 1, 1, 1, -1, -1, -1, 1, -1]
    runs = [np.roll(first, at) for at in range(11)] + [np.full(11, -1)]
    return design(np.array(runs), "ABCDEFGHIJK", failing)


def design(runs: np.ndarray[tuple[int, int], np.dtype[np.int64]], letters: str, failing: str) -> Table:
    """The design as a table that fails where all these letters are on."""
    values = {letter: ["on" if one > 0 else "off" for one in runs[:, at]] for at, letter in enumerate(letters)}
    failed = np.logical_and.reduce([runs[:, letters.index(letter)] > 0 for letter in failing])
    return table(values, failed.astype(int), unit_word="run")
