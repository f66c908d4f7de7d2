"""Collectors to ask: one with a fleet of seven hosts, one that nobody has reported to."""

from collections.abc import Iterator

import pytest
from tests.collector.api.serving import Served, served
from tests.collector.questions.fleet import NOBODY_KNOWS, NOON_NS, SLOT, card, example, machine, setting

from barwatch_collector.store.schema import HOUR_NS
from barwatch_proto.topology import FunctionState
from barwatch_proto.words import State


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(f"sqlite:///{tmp_path_factory.mktemp('ask') / 'fleet.db'}") as made:
        example(made.fleet)
        made.connected |= {f"{number:08x}-0000-4000-8000-000000000000" for number in (1, 2, 3, 4, 5)}
        _add_a_host_with_a_bit_of_everything(made)
        yield made


@pytest.fixture(scope="module")
def empty_collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'fleet.db'}") as made:
        yield made


def _add_a_host_with_a_bit_of_everything(made: Served) -> None:
    fleet, settings = (
        made.fleet,
        (
            setting("kernel_access", State.ABSENT, reason="the driver is not loaded"),
            setting("user_access"),
            setting("iommu", State.VALUE, "translated"),
            setting("lockdown", State.UNREADABLE, reason="Permission denied (EACCES)"),
            setting("thunderbolt_security", State.ABSENT),
        ),
    )
    host = fleet.host("workstation-with-a-long-name.lab.example")
    functions = (card(max_link_width=16, max_link_speed_gts=8.0), card("0000:01:00.1", "feed000000000000"))
    held = fleet.snapshot(host, machine(functions, settings, hostname="?", model="Mainboard \x1b[31m X"), SLOT)
    fleet.state(host, FunctionState("c0ffee0000000000", NOON_NS, link_speed_gts=2.5, link_width=4))
    fleet.series(host, held, SLOT, "kernel", unreachable=50)
    user = fleet.series(host, held, SLOT, "user", ok=3000, fault=17, mismatch=3, skipped=5)
    fleet.series(host, held, SLOT, "user", ok=3000, register="a_register_whose_name_is_rather_long", fault=1)
    fleet.series(host, held, SLOT, "kernel", unreachable=9, register="never_read")
    fleet.episode(
        host, user, outcome="fault", value=None, reason="SIGBUS", opened_at_ns=NOON_NS - 90 * HOUR_NS // 60, reads=17,
        closed_at_ns=NOON_NS - 89 * HOUR_NS // 60,
    )  # fmt: skip
    fleet.verdict(host, 1, NOBODY_KNOWS)
    fleet.episode(host, user, outcome="mismatch", value="0xdeadbeef", opened_at_ns=NOON_NS, last_at_ns=NOON_NS, reads=1)
    fleet.gap(host, "killed", NOON_NS - 3 * HOUR_NS, NOON_NS - 3 * HOUR_NS + 1_500_000_000)
