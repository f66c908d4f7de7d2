"""Fleets as a lab has them, in another style than ``planted``: named attributes of machines, routes and functions.

Chassis, vendor, BIOS and bus follow from the model; a box or a dock is mostly on a laptop, so that the laptop is the
suspect in every scenario; sizes, versions and dates are numbers; hosts are sampled up to a hundred times as densely as
others, fail in part of their attempts, and some are bad for reasons of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tests.bench_correlate.planted import Planted, Rates

from barwatch_collector.correlate.table import Bools, Ints, table

ACCESSES = ("config", "kernel", "user")
MOST_FUNCTIONS = 4
FILLERS = 24  # attributes that say nothing: half by model, half by host
DENSE = 100  # attempts of the most densely sampled host, for each of the least
LEAST_ATTEMPTS = 20
BAD = 0.02
TRIES = 50  # fleets that are drawn until the cause is where it can be seen
FEWEST = 3  # hosts that the cause holds on
Words = NDArray[np.str_]
Fleet = Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where it fails, and by which columns one tells."""

    name: str
    cause: tuple[str, ...]
    holds: Callable[[Fleet], Bools]


def _number(words: Words) -> NDArray[np.float64]:
    return np.where(words == "", "nan", words).astype(float)


SCENARIOS = (
    Scenario("user access behind Thunderbolt", ("access", "route"),
             lambda of: (of["access"] == "user") & (of["route"] == "thunderbolt")),
    Scenario("HVCI with an old driver", ("hvci", "driver"),
             lambda of: (of["hvci"] == "on") & (_number(of["driver"]) < 460)),  # its first good version
    Scenario("D3hot, ASPM L1.2 and a dock", ("dstate", "aspm", "dock"),
             lambda of: (of["dstate"] == "D3hot") & (of["aspm"] == "L1.2") & (of["dock"] == "wd22")),
    Scenario("BAR above 4 GiB without ReBAR", ("bar_gib", "rebar"),
             lambda of: (_number(of["bar_gib"]) > 4) & (of["rebar"] == "off")),
)  # fmt: skip
NONE = Scenario("no cause", (), lambda of: np.zeros(len(of["access"]), np.bool_))


def deploy(scenario: Scenario, hosts: int, p_inside: float, background: float, seed: int) -> Planted:
    """A fleet of so many hosts with the cause of the scenario; the same arguments give the same one."""
    draw = np.random.default_rng((seed, hosts, 77))
    for _ in range(TRIES):
        host, columns = _fleet(draw, hosts)
        inside = scenario.holds(columns)
        if not scenario.cause or len(np.unique(host[inside])) >= FEWEST:
            break
    bad = draw.random(hosts) < BAD
    failed = (draw.random(len(host)) < np.where(inside, p_inside, background)) | bad[host]
    attempts = (LEAST_ATTEMPTS * DENSE ** draw.random(hosts)).astype(np.int64)[host]
    failures = np.where(failed, np.maximum(2, (attempts * draw.uniform(0.1, 1, len(host))).astype(np.int64)), 0)
    words = {name: [str(one) or None for one in column] for name, column in columns.items()}
    made = table(words, failures.tolist(), attempts.tolist(), [str(one) for one in host], "host")
    rates = Rates(p_inside, background, BAD)
    return Planted(made, words, host, failed.astype(np.int64), inside, scenario.cause, rates)


def _fleet(draw: np.random.Generator, hosts: int) -> tuple[Ints, Fleet]:
    of_host = _hosts(draw, hosts)
    functions = draw.integers(1, MOST_FUNCTIONS + 1, hosts)
    per_function = _functions(draw, {name: np.repeat(column, functions) for name, column in of_host.items()})
    columns = {name: np.repeat(column, len(ACCESSES)) for name, column in per_function.items()}
    columns["access"] = np.tile(ACCESSES, int(functions.sum()))
    return np.repeat(np.arange(hosts), functions * len(ACCESSES)), columns


def _hosts(draw: np.random.Generator, hosts: int) -> dict[str, Words]:
    """Attributes of whole machines."""
    models = int(np.clip(hosts // 6, 5, 24))
    model = draw.integers(0, models, hosts)

    def by_model(values: tuple[str, ...]) -> Words:
        return draw.choice(np.array(values), models)[model]

    def by_host(values: tuple[str, ...], share: float = 0.0) -> Words:
        return draw.choice(np.array(values), hosts, p=None if not share else (share, 1 - share))

    chassis, vendor = by_model(("laptop", "laptop", "desktop", "server")), by_model(("Dell", "HP", "Lenovo"))
    is_laptop = chassis == "laptop"
    windows = draw.random(hosts) < np.where(is_laptop, 0.8, 0.4)
    bios = np.char.add(np.where(draw.random(hosts) < 0.9, vendor, "AMI"), " BIOS")
    dates = (2019 + draw.integers(0, 5, models))[model] + draw.integers(0, 2, hosts)
    fillers = {f"setting_{at:02}": by_model(("a", "b", "c")) if at % 2 else by_host(("a", "b"), 0.7)
               for at in range(FILLERS)}  # fmt: skip
    return {
        "model": np.char.add("M", model.astype(str)),
        "chassis": chassis,
        "vendor": vendor,
        "bios_vendor": bios,
        "bios_year": dates.astype(str),
        "memory_gib": by_model(("8", "16", "32", "64", "128")),
        "os": np.where(windows, "windows", "linux"),
        "hvci": np.where(windows, np.where(draw.random(hosts) < 0.6, "on", "off"), ""),
        "iommu": np.where(draw.random(hosts) < np.where(windows, 0.9, 0.4), "on", "off"),
        "secure_boot": by_host(("on", "off"), 0.8),
        "driver": draw.integers(440, 481, hosts).astype(str),
        "dock": np.where(draw.random(hosts) < np.where(is_laptop, 0.7, 0.1), by_host(("wd22", "hd19")), "none"),
        "power_plan": np.where(is_laptop, by_host(("saver", "balanced")), by_host(("balanced", "high"))),
        "site": by_host(("Graz", "Lyon", "Oulu", "Pune")),
        "rebar": by_host(("on", "off"), 0.6),
        "above_4g": by_model(("on", "on", "off")),
        **fillers,
    }


def _functions(draw: np.random.Generator, of: Fleet) -> dict[str, Words]:
    """The same for every function, with what is its own."""
    every = len(of["model"])
    is_laptop, is_docked = of["chassis"] == "laptop", of["dock"] != "none"
    route = np.where(is_docked & (draw.random(every) < 0.7), "thunderbolt", draw.choice(["root", "switch"], every))
    saves = draw.random(every) < np.where(is_laptop, 0.8, 0.2)
    return {
        **of,
        "route": route,
        "tb_generation": np.where(route == "thunderbolt", draw.choice(["3", "4"], every), ""),
        "aspm": np.where(saves, draw.choice(["L1", "L1.1", "L1.2", "L1.2"], every), "off"),
        "dstate": np.where(draw.random(every) < np.where(saves, 0.7, 0.1), "D3hot", "D0"),
        "bar_gib": draw.choice(["0.016", "0.25", "1", "8", "16", "32"], every),
        "lanes": draw.choice(["1", "2", "4", "8", "16"], every),
        "device": draw.choice([f"dev{at}" for at in range(8)], every),
    }
