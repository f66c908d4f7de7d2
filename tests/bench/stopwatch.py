"""Wall and CPU time of this process, over several runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time


@dataclass(slots=True)
class Stopwatch:
    """Adds up what runs inside ``running``: all threads of this process, and the kernel on their behalf."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = perf_counter(), process_time()
        yield
        self.wall_s += perf_counter() - wall
        self.cpu_s += process_time() - cpu


def median_ms(times: int, *works: Callable[[], object]) -> list[float]:
    """Median milliseconds of each, taken in turns so that a busy moment of the machine meets them all."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, samples in zip(works, spent, strict=True):
            began = perf_counter()
            work()
            samples.append(perf_counter() - began)
    return [median(samples) * 1000 for samples in spent]
