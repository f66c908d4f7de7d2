"""The ``config`` access through the driver, for systems that hand out configuration space in no other way."""

from collections.abc import Sequence

from barwatch_agent.access.kernel import REFUSALS
from barwatch_agent.driver import abi
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.device import DWORD, DriverError
from barwatch_agent.reads import Reply, Target
from barwatch_agent.roots import why
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome


class ConfigThroughDriver:
    """Reads configuration space as the driver's policy grants it, in double words, as the bus carries it."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @property
    def access(self) -> Access:
        """Configuration space."""
        return Access.CONFIG

    def status(self) -> Setting:
        """That of the driver."""
        found = self._driver.status()
        return Setting("config_access", found.state, f"{found.source}, CONFIG", found.value, reason=found.reason)

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """One read per target."""
        return [self._reply(target) for target in targets]

    def close(self) -> None:
        """Nothing of its own is open."""

    def _reply(self, target: Target) -> Reply:
        if target.problem or target.bar is not None:
            return Reply(outcome=Outcome.UNREACHABLE, reason=target.problem or "not a register of configuration space")
        first = target.offset - target.offset % DWORD
        length = -(-(target.offset + target.width - first) // DWORD) * DWORD
        try:
            content = self._driver.device().config(target.function.address, 0, first, length)
        except DriverError as exc:
            return Reply(outcome=abi.outcome_of(exc.status), reason=abi.words_for(exc.status))
        except OSError as exc:
            self._driver.close()
            outcome = Outcome.DENIED if exc.errno in REFUSALS else Outcome.UNREACHABLE
            return Reply(outcome=outcome, reason=f"the barwatch driver: {why(exc)}")
        if len(content) < length:
            reason = f"configuration space ends at {first + len(content):#x}"
            return Reply(outcome=Outcome.UNREACHABLE, reason=reason)
        return Reply(int.from_bytes(content[target.offset - first :][: target.width], "little"))
