"""The driver's own checker in a process, and a driver that keeps its policy in Python."""

import errno
import os
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from barwatch_agent.driver.device import Device

HERE = Path(__file__).parent
DRIVER = HERE.parents[2] / "driver"
RULE_BYTES = 56
INFO, POLICY = 0xBA00, 0xBA01


@dataclass(slots=True)
class Checker:
    """bw_policy.h as the driver compiles it."""

    process: "subprocess.Popen[bytes]"

    def digest_and_statuses(self, rules: Sequence[bytes]) -> tuple[int, list[int]]:
        self._ask(struct.pack("=I", len(rules)) + b"".join(rules))
        return self._number(), [self._number() for _ in rules]

    def access(self, rules: Sequence[bytes], ids: tuple[int, ...], access: tuple[int, ...], *, is_owned: bool) -> int:
        """``ids``: vendor, device, those of the subsystem, class. ``access``: right, BAR, offset, length."""
        packed = struct.pack("=II", 0, len(rules)) + b"".join(rules)
        right, bar, offset, length = access
        self._ask(packed + struct.pack("=4HI", *ids) + struct.pack("=IIQQI", right, bar, offset, length, is_owned))
        return self._number()

    def _ask(self, question: bytes) -> None:
        self.process.stdin.write(question)
        self.process.stdin.flush()

    def _number(self) -> int:
        found = self.process.stdout.read(8)
        assert len(found) == 8, "the checker ended"
        return int.from_bytes(found, "little")


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed (Debian: apt-get install gcc): Python's judgement was not compared with C's")
    program = tmp_path_factory.mktemp("checker") / "checker"
    includes = [f"-I{DRIVER / folder}" for folder in ("include", "common")]
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", *includes]
    subprocess.run([compiler, *flags, HERE / "checker.c", "-o", program], check=True)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Checker(process)


@dataclass(slots=True)
class DriverInPython:
    """Answers INFO and POLICY with the driver's bytes; ``opened_with`` an errno where nobody may open it."""

    path: Path | None = None
    state: int = 0
    rules: list[bytes] = field(default_factory=list)
    digest: int = 0
    abi: int = 1
    refuses: tuple[int, int] | None = None  # status and number of a rule
    opening_fails: int = 0  # errno
    calling_fails: int = 0  # errno, of POLICY
    closed: int = 0

    def __call__(self, path: Path, *, for_writing: bool = False) -> Device:
        self.path = path
        if self.opening_fails:
            raise OSError(self.opening_fails, os.strerror(self.opening_fails))

        def call(command: int, buffer: bytearray) -> None:
            if command == INFO:
                self._tell(buffer)
            elif command == POLICY:
                self._load(buffer, for_writing=for_writing)
            else:
                raise OSError(errno.ENOTTY, "no such command")

        return Device(call, self._close)

    def _tell(self, buffer: bytearray) -> None:
        size, _ = struct.unpack_from("=II", buffer)
        assert size == len(buffer) == 168
        struct.pack_into(
            "=10IQ", buffer, 8, self.abi, 0x102, 2, 4096, 256, 256, 64, 64, self.state, len(self.rules), self.digest
        )

    def _load(self, buffer: bytearray, *, for_writing: bool) -> None:
        size, flags, count, item_size, _, _, _ = struct.unpack_from("=6IQ", buffer)
        assert (size, item_size, len(buffer)) == (32, RULE_BYTES, 32 + count * RULE_BYTES)
        if self.calling_fails or not for_writing or self.state == 2:
            number = self.calling_fails or (errno.EPERM if for_writing else errno.EBADF)
            raise OSError(number, os.strerror(number))
        if self.refuses is not None:
            struct.pack_into("=IIQ", buffer, 16, *self.refuses, 0)
            return
        self.rules = [bytes(buffer[at : at + RULE_BYTES]) for at in range(size, len(buffer), RULE_BYTES)]
        self.digest = fnv(b"".join(self.rules))
        self.state = 2 if flags else 1
        struct.pack_into("=IIQ", buffer, 16, 0, 0, self.digest)

    def _close(self) -> None:
        self.closed += 1


def fnv(content: bytes) -> int:
    """FNV-1a of 64 bits: draft-eastlake-fnv, section 2."""
    found = 14695981039346656037
    for byte in content:
        found = ((found ^ byte) * 1099511628211) % 2**64
    return found


@pytest.fixture
def driver() -> DriverInPython:
    return DriverInPython()


@pytest.fixture
def policy_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "policy.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write
