"""How settings are asked for: probe by probe, whatever a probe looks at."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from barwatch_agent.settings.answers import setting, unreadable
from barwatch_proto.snapshot import Setting

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Probe(Generic[Subject]):
    """A function that reads one setting or a family, with the source of each setting by name."""

    sources: Mapping[str, str]
    read: Callable[[Subject], tuple[Setting, ...]]


def read_each(probes: Iterable[Probe[Subject]], subject: Subject) -> tuple[Setting, ...]:
    """Every setting, always the same ones in the same order. Never raises: a probe that fails costs only its own."""
    return tuple(found for probe in probes for found in _read(probe, subject))


def _read(probe: Probe[Subject], subject: Subject) -> tuple[Setting, ...]:
    try:
        return probe.read(subject)
    except Exception as exc:  # noqa: BLE001 an error nobody thought of in one probe must not cost the other settings
        reason = f"the probe failed: {type(exc).__name__}: {exc}"
        return tuple(setting(name, source, unreadable(reason)) for name, source in probe.sources.items())
