"""The driver's package goes into Windows' driver store and out of it: newdev.dll is answered by the test."""

import ctypes
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from barwatch_agent.driver.command import driver
from barwatch_agent.errors import ConfigError
from barwatch_agent.windows.calls import POINTER, U32
from barwatch_agent.windows.driver_package import (
    EXTENSION_ID,
    NO_BETTER_MATCH,
    SERVICE,
    DriverStore,
    is_ours,
    published_infs,
)


class FakeNewdev:
    """Does as it is asked, or fails with an error; says whether Windows has to be restarted."""

    def __init__(self, error=0, *, needs_restart=False, published=()):
        self.error, self.needs_restart, self.asked, self.deleted = error, needs_restart, [], []
        self.published = published
        kind = ctypes.CFUNCTYPE(U32, POINTER, ctypes.c_wchar_p, U32, POINTER, use_errno=True)
        self.library = SimpleNamespace(
            DiInstallDriverW=kind(self._answer("install")), DiUninstallDriverW=kind(self._answer("uninstall"))
        )

    def store(self):
        return DriverStore(self.library, self.deleted.append, lambda: self.published)

    def _answer(self, what):
        def answer(_window, inf, flags, needs_restart):
            self.asked.append((what, inf, flags))
            ctypes.cast(needs_restart, ctypes.POINTER(U32))[0] = int(self.needs_restart)
            ctypes.set_errno(self.error)
            return int(not self.error)

        return answer


@pytest.fixture
def inf(tmp_path):
    file = tmp_path / "barwatch.inf"
    file.touch()
    return file


def said(step, inf, store):
    return CliRunner().invoke(driver, [step, str(inf)], obj=lambda: store, catch_exceptions=True)


@pytest.mark.parametrize(("needs_restart", "words"), [(True, "once Windows is restarted"), (False, "began anew")])
def test_it_is_installed_and_the_next_two_commands_are_named(inf, needs_restart, words):
    fake = FakeNewdev(needs_restart=needs_restart)
    done = said("install", inf, fake.store())

    assert fake.asked == [("install", str(inf), 0)]
    assert words in done.output
    assert "policy load policy.toml --lock --at-start" in done.output
    assert done.exit_code == 0


def test_a_machine_without_such_a_function_is_no_error(inf):
    done = said("install", inf, FakeNewdev(NO_BETTER_MATCH).store())

    assert "no function of this machine" in done.output
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("code", "words"),
    [(5, "only an administrator"), (0x800B0100 - (1 << 32), "no signature"), (1234, "Windows error 0x4d2")],
)
def test_what_windows_refuses_is_said_in_words(inf, code, words):
    done = said("install", inf, FakeNewdev(code).store())

    assert isinstance(done.exception, ConfigError)
    assert words in str(done.exception)
    assert str(inf) in str(done.exception)


def test_an_inf_that_is_not_there_is_named_before_windows_is_asked(tmp_path):
    fake = FakeNewdev()
    done = said("install", tmp_path / "other.inf", fake.store())

    assert "other.inf: not there" in str(done.exception)
    assert not fake.asked


@pytest.mark.parametrize("error", [0, 2, NO_BETTER_MATCH])
def test_removing_takes_the_service_away_too_and_twice_is_no_error(inf, error):
    fake = FakeNewdev(error)
    done = said("remove", inf, fake.store())

    assert done.exit_code == 0, done.output
    assert fake.deleted == [SERVICE]


@pytest.fixture
def published(tmp_path):
    """Windows' folder of INF files: three packages of barwatch's, two of others, and what is no package."""
    folder = tmp_path / "INF"
    folder.mkdir()
    for name in ("oem3.inf", "oem12.inf", "display.inf"):
        (folder / name).write_text(f"[Version]\nExtensionId = {EXTENSION_ID.upper()}\n")
    (folder / "oem4.inf").write_text("[Version]\nClass = Net\n")
    (folder / "oem5.inf").write_text("[Version]\nClass = Net\n", encoding="utf-16")
    return published_infs(tmp_path)


def test_removing_takes_every_package_of_the_driver_s_since_all_have_one_service(inf, published):
    fake = FakeNewdev(needs_restart=True, published=published)
    done = said("remove", inf, fake.store())

    assert [(what, path.rpartition("/")[2]) for what, path, _ in fake.asked] == [
        ("uninstall", "barwatch.inf"),
        ("uninstall", "oem12.inf"),
        ("uninstall", "oem3.inf"),
    ]
    assert fake.deleted == [SERVICE]
    assert "until Windows is restarted" in done.output


def test_a_package_that_stays_keeps_its_service(inf, published):
    """A device whose filter has no service does not start; with the bridges' package, Windows does not."""
    fake = FakeNewdev(5, published=published)

    assert "only an administrator" in str(said("remove", inf, fake.store()).exception)
    assert fake.deleted == []


def test_a_package_that_goes_while_it_is_looked_at_is_not_ours(tmp_path):
    assert not is_ours(tmp_path / "oem7.inf")


def test_a_service_that_is_gone_is_no_error_and_one_that_is_kept_is(inf):
    def gone(_):
        raise OSError(1060, "no such service")

    def kept(_):
        raise OSError(5, "access is denied")

    library = FakeNewdev().library
    assert said("remove", inf, DriverStore(library, gone, list)).exit_code == 0
    assert "only an administrator" in str(said("remove", inf, DriverStore(library, kept, list)).exception)


def test_a_windows_without_the_call_says_so(inf):
    done = said("remove", inf, DriverStore(SimpleNamespace(), lambda _: None, list))

    assert "this Windows has no DiUninstallDriverW" in str(done.exception)


def test_linux_names_what_does_it_there(inf):
    done = CliRunner().invoke(driver, ["install", str(inf)])

    assert "DKMS" in str(done.exception)
