"""Outcomes of many looks, counted by register and access: what comes and goes is measured, not glimpsed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from barwatch_agent.probe.judging import Judged
from barwatch_agent.probe.looking import Look
from barwatch_agent.reads import Read
from barwatch_proto.pci import Address
from barwatch_proto.triage import Verdict
from barwatch_proto.words import Access, Outcome

Key = tuple[str, str, Access]  # function key, register, access


@dataclass(slots=True)
class Course:
    """One register by one access since the first look."""

    address: Address  # where the function was last
    register: str
    access: Access
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    last: Read | None = None  # None: the latest look had no such read, for example because the function is gone
    verdict: Verdict | None = None  # on the latest read that was not ok

    @property
    def attempts(self) -> int:
        """Reads that touched the register."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.is_attempt)

    @property
    def failures(self) -> int:
        """Those of them that failed."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.is_failure)


@dataclass(frozen=True, slots=True)
class Change:
    """A read that came to something else than the one before; None: there was, or is, no such read."""

    at_ns: int
    address: Address
    register: str
    access: Access
    before: Outcome | None
    now: Read | None
    failures: int  # so far
    attempts: int  # so far
    verdict: Verdict | None  # on the read as it is now; None where it is ok


@dataclass(slots=True)
class Tally:
    """Counts looks."""

    looks: int = 0
    began_ns: int = 0
    last_ns: int = 0
    courses: dict[Key, Course] = field(default_factory=dict)

    def add(self, found: Look) -> Sequence[Change]:
        """Count one look; what is different from the one before, and at the first look what is not ok."""
        self.last_ns = found.snapshot.taken_at_ns
        self.began_ns = self.began_ns or self.last_ns
        verdicts = {_key(each.read): each for each in found.judged}
        reads = {_key(read): read for read in found.reads}
        changes = [*self._gone(reads), *(each for read in reads.values() for each in self._count(read, verdicts))]
        self.looks += 1
        return changes

    @property
    def troubled(self) -> Sequence[Course]:
        """Every register and access that failed at least once."""
        return [course for course in self.courses.values() if course.failures]

    @property
    def gone(self) -> Sequence[Address]:
        """Where functions were of which the latest look had no read."""
        return list(dict.fromkeys(course.address for course in self.courses.values() if course.last is None))

    def _count(self, read: Read, verdicts: dict[Key, Judged]) -> Iterator[Change]:
        key = _key(read)
        address, register = read.target.function.address, read.target.register.name
        course = self.courses.setdefault(key, Course(address, register, read.access))
        before, is_new = course.last.outcome if course.last else None, self.looks == 0
        course.address, course.last = address, read
        course.outcomes[read.outcome] += 1
        judged = verdicts.get(key)
        course.verdict = judged.verdict if judged else course.verdict
        if before is read.outcome or (is_new and read.outcome is Outcome.OK):
            return
        yield self._change(course, before, judged.verdict if judged else None)

    def _gone(self, reads: dict[Key, Read]) -> Iterator[Change]:
        for key, course in self.courses.items():
            if key not in reads and course.last is not None:
                before, course.last = course.last.outcome, None
                yield self._change(course, before, None)

    def _change(self, course: Course, before: Outcome | None, verdict: Verdict | None) -> Change:
        place = (course.address, course.register, course.access)
        return Change(self.last_ns, *place, before, course.last, course.failures, course.attempts, verdict)


def _key(read: Read) -> Key:
    return read.target.function.key, read.target.register.name, read.access
