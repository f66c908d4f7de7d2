"""What the installer leaves for the service, over a registry of the test's."""

import errno

import pytest
from tests.agent.policy.fake_registry import FakeRegistry

from barwatch_agent.errors import ConfigError
from barwatch_agent.service.installed import collector, collector_here

KEY = r"HKLM\Software\barwatch"
TEXT, BYTES = FakeRegistry().REG_SZ, FakeRegistry().REG_BINARY


def holding(value, kind=TEXT, **more):
    return FakeRegistry({KEY: {"Collector": (value, kind)}}, **more)


def test_the_collector_is_read_from_where_the_installer_wrote_it():
    assert collector(holding("lab:7443")) == "lab:7443"


@pytest.mark.parametrize("registry", [FakeRegistry(), FakeRegistry({KEY: {}}), holding("")])
def test_without_an_installer_there_is_none(registry):
    assert collector(registry) is None
    assert collector_here() is None  # Linux


@pytest.mark.parametrize("registry", [holding(b"lab:7443", BYTES), holding("lab:7443", refuses=errno.EACCES)])
def test_what_cannot_be_used_is_named(registry):
    with pytest.raises(ConfigError, match=r"HKLM\\Software\\barwatch, value Collector"):
        collector(registry)
