"""What the Thunderbolt and USB4 domains let a newly attached device do."""

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import Answer, absent, ask, entries, read_each, unreadable, word
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import State

DEVICES = "/sys/bus/thunderbolt/devices"
SOURCES = {
    "kernel_dma_protection": f"{DEVICES}/domain*/iommu_dma_protection",
    "thunderbolt_security": f"{DEVICES}/domain*/security",
}
NO_DOMAIN = "no Thunderbolt or USB4 domain"


def probe(roots: Roots) -> tuple[Setting, ...]:
    """Whether the IOMMU guards against every domain, and the security levels of the domains.

    Source: Documentation/admin-guide/thunderbolt.rst, Documentation/ABI/testing/sysfs-bus-thunderbolt.
    """
    protection, security = SOURCES
    return (
        ask(protection, SOURCES[protection], "this kernel does not tell: Linux 5.0 does", lambda: _protection(roots)),
        ask(security, SOURCES[security], "this kernel does not tell: Linux 4.13 does", lambda: _security(roots)),
    )


def _protection(roots: Roots) -> Answer:
    """One domain without protection is a way in, so it decides even when another cannot be read."""
    domains, texts, errors = _each_domain(roots, "iommu_dma_protection")
    raw = _raw(texts)
    if not domains:
        return absent(NO_DOMAIN)
    if "0" in texts.values():
        return Answer(State.OFF, raw=raw)
    if errors:
        raise errors[0]
    if set(texts.values()) != {"1"}:
        return unreadable("neither 0 nor 1", raw)
    return Answer(State.ON, raw=raw)


def _security(roots: Roots) -> Answer:
    domains, texts, errors = _each_domain(roots, "security")
    if not domains:
        return absent(NO_DOMAIN)
    if not texts:
        raise errors[0]
    return Answer(State.VALUE, ",".join(sorted({word(text) for text in texts.values()})), _raw(texts))


def _each_domain(roots: Roots, attribute: str) -> tuple[list[str], dict[str, str], list[OSError]]:
    """The domains, what their attribute holds by domain, and the errors of those that cannot be read."""
    domains = [name for name in entries(roots, DEVICES) or () if name.startswith("domain")]
    texts, errors = read_each(roots, (f"{DEVICES}/{domain}/{attribute}" for domain in domains))
    return domains, {path.split("/")[-2]: text for path, text in texts.items()}, errors


def _raw(texts: dict[str, str]) -> str:
    return " ".join(f"{domain}={text}" for domain, text in texts.items())
