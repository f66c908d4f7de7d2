"""The ``kernel`` access: the barwatch driver, which takes all registers of a pass in one call and loads each once."""

import errno
from collections.abc import Sequence

from barwatch_agent.driver import abi
from barwatch_agent.driver.abi import Status
from barwatch_agent.driver.connection import NO_POLICY, Driver
from barwatch_agent.driver.device import Item
from barwatch_agent.reads import Reply, Target
from barwatch_agent.roots import why
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome, State

REFUSALS = {errno.EACCES, errno.EPERM}
Place = tuple[Address, int, int, int]  # function, BAR, offset, width


class KernelReader:
    """Reads BAR registers through the driver, which finds out itself whether a function may be touched."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._items: dict[Place, bytes] = {}  # packing one costs more than the driver's check of it
        self._has_policy = True  # as far as was told when the status was last looked at

    @property
    def access(self) -> Access:
        """The driver."""
        return Access.KERNEL

    def status(self) -> Setting:
        """Absent without the driver, off without a policy."""
        found = self._driver.status()
        self._has_policy = found.state is not State.OFF
        return found

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """One read per target."""
        tried = [self._item(target) for target in targets]
        items = [each for each in tried if isinstance(each, bytes)]
        try:
            found = iter(self._driver.device().read(items) if items else ())
        except OSError as exc:
            self._driver.close()
            return [_refused(exc)] * len(targets)
        return [
            self._reply(next(found)) if isinstance(each, bytes) else Reply(outcome=Outcome.UNREACHABLE, reason=each)
            for each in tried
        ]

    def close(self) -> None:
        """Close the device."""
        self._driver.close()

    def _item(self, target: Target) -> bytes | str:
        """What the driver is asked for, or why it is not asked."""
        if target.problem is not None or target.bar is None:
            return target.problem or "not a register in a BAR"
        place = (target.function.address, target.bar, target.offset, target.width)
        item = self._items.get(place)
        if item is None:
            item = self._items[place] = abi.pack_read(*place)
        return item

    def _reply(self, item: Item) -> Reply:
        if item.status == Status.OK:
            return Reply(item.value, duration_ns=item.duration_ns)
        reason = abi.words_for(item.status)
        if item.status == Status.DENIED_POLICY and not self._has_policy:
            reason = NO_POLICY
        return Reply(outcome=abi.outcome_of(item.status), reason=reason)


def _refused(exc: OSError) -> Reply:
    """What a call that failed as a call means for each of its registers."""
    outcome = Outcome.DENIED if exc.errno in REFUSALS else Outcome.UNREACHABLE
    return Reply(outcome=outcome, reason=f"the barwatch driver: {why(exc)}")
