"""Floors: where a function does not claim its addresses, the guest reads all ones, as on hardware.

QEMU answers 0 where nobody claims an address. A BAR full of ones is laid over the function's BAR on the root bus, and
the windows of the root port over it: of two regions at one address the one that was added last wins, and a bridge adds
its windows anew whenever one of its window or command registers is written (QEMU hw/pci/pci_bridge.c,
pci_bridge_write_config). Where the route below does not claim the address, the ones show through.

All of it is written from outside, through QEMU's test server and the memory-mapped configuration space: the guest does
not see a floor, and has no part in laying it.
"""

from pathlib import Path

from tests.lab.devices import Floor
from tests.lab.lines import Lines

ECAM = 0xB000_0000  # where SeaBIOS puts it on q35: src/hw/dev-q35.h, Q35_HOST_BRIDGE_PCIEXBAR_ADDR
COMMAND, BAR_2 = 0x04, 0x18
MEMORY = 2  # bit 1 of the command register: decode memory
PREFETCHABLE_64 = 0xC  # the low bits of a BAR that is 64-bit and prefetchable

Place = tuple[int, int, int]  # bus, device, function


class Floors:
    """Lays floors of one guest."""

    def __init__(self, test_server: Path) -> None:
        self._lines = Lines(test_server)

    def lay(self, floor: Floor, address: int, root_port: Place) -> None:
        """Under the function's BAR, which is at this address below this root port."""
        self._put_on_top(floor, address)
        self.sink(root_port)

    def raise_up(self, floor: Floor, address: int) -> None:
        """Over the function's BAR: it reads all ones, although all that configuration space says is well."""
        self._put_on_top(floor, address)

    def sink(self, root_port: Place) -> None:
        """All floors go below the windows of this root port again."""
        command = _at(root_port, COMMAND)
        self._ask(f"writew {command:#x} {self._ask(f'readw {command:#x}')}")

    def close(self) -> None:
        """Hang up."""
        self._lines.close()

    def _put_on_top(self, floor: Floor, address: int) -> None:
        place = (0, floor.device, floor.number)
        self._ask(f"writew {_at(place, COMMAND):#x} 0")
        self._ask(f"writel {_at(place, BAR_2):#x} {address & 0xFFFF_FFFF | PREFETCHABLE_64:#x}")
        self._ask(f"writel {_at(place, BAR_2 + 4):#x} {address >> 32:#x}")
        self._ask(f"writew {_at(place, COMMAND):#x} {MEMORY:#x}")

    def _ask(self, line: str) -> str:
        """The value that the test server answers, if any; QEMU softmmu/qtest.c has the commands."""
        self._lines.send(line)
        status, _, value = self._lines.receive().partition(" ")
        if status != "OK":
            msg = f"QEMU's test server: {line}: {status} {value}"
            raise RuntimeError(msg)
        return value


def _at(place: Place, offset: int) -> int:
    """The address of a register of configuration space: PCIe Base Spec 6.0, 7.2.2."""
    bus, device, function = place
    return ECAM + (bus << 20 | device << 15 | function << 12) + offset
