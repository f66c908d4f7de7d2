"""The service as Windows' service manager sees it; pywin32's two modules are answered by the test."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from barwatch_agent.__main__ import main
from barwatch_agent.errors import AgentError, ConfigError
from barwatch_agent.service.command import Machine, settle
from barwatch_agent.service.host import Service, Windows, host

ALONE = Machine(collector=None, check_owner=lambda _: None)
RUNNING, STOP_PENDING, STOPPED = 4, 3, 1
STOP, INTERROGATE, PAUSE, PRESHUTDOWN = 1, 4, 2, 15


class FakeManager:
    """A service manager that starts what it hosts, and remembers what it is told."""

    def __init__(self, dispatcher_error=0):
        self.states, self.left, self.handler, self._class = [], [], None, None
        self._error = type("error", (Exception,), {"winerror": dispatcher_error})
        self.windows = Windows(
            SimpleNamespace(
                __file__="servicemanager.pyd",
                Initialize=lambda *_: None,
                PrepareToHostSingle=self._prepare,
                StartServiceCtrlDispatcher=self._dispatch,
                RegisterServiceCtrlHandler=self._register,
            ),
            SimpleNamespace(SetServiceStatus=self._set, error=self._error),
            leave=self.left.append,
        )

    def _prepare(self, made):
        self._class = made

    def _dispatch(self):
        if self._error.winerror:
            raise self._error
        self._class(["barwatch-agent"]).SvcRun()

    def _register(self, name, handler, _extended):
        assert name == "barwatch-agent"
        self.handler = handler
        return 7

    def _set(self, handle, status):
        assert handle == 7
        assert status[0] == 0x10  # a process of its own
        self.states.append(status[1:])

    def told(self):
        """State, Win32 exit code, and the service's own."""
        return [(state, win32, own) for state, _, win32, own, _, _ in self.states]


def test_it_runs_until_it_is_told_to_stop():
    fake = FakeManager()

    def body(stop):
        assert fake.handler(STOP, 0, None) == 0
        assert stop.is_set()

    host(fake.windows, body)

    assert fake.told() == [(RUNNING, 0, 0), (STOP_PENDING, 0, 0), (STOP_PENDING, 0, 0)]
    assert fake.states[0][1] == 0x101  # it can be stopped, and is asked before the network goes down
    assert fake.states[1][5] >= 10_000  # time to say goodbye
    assert fake.left == []  # the process ends by itself


def test_it_is_asked_before_windows_shuts_down_and_stops_then():
    fake = FakeManager()
    host(fake.windows, lambda stop: fake.handler(PRESHUTDOWN, 0, None) or stop.wait(10))

    assert fake.told()[-1] == (STOP_PENDING, 0, 0)


def test_being_asked_how_it_is_changes_nothing_and_what_it_never_took_is_refused():
    fake = FakeManager()
    service = Service(fake.windows, lambda _: None, ["barwatch-agent"])

    assert fake.handler(INTERROGATE, 0, None) == 0
    assert fake.handler(PAUSE, 0, None) == 120
    assert fake.states == []
    assert service


@pytest.mark.parametrize(("error", "code"), [(ConfigError("agent.toml: no such key"), 2), (ValueError("a defect"), 1)])
def test_what_goes_wrong_is_an_exit_code_and_an_event(error, code, caplog):
    fake = FakeManager()

    def body(_):
        raise error

    host(fake.windows, body)

    assert fake.told()[-1] == (STOPPED, 1066, code)
    assert fake.left == [code]
    assert str(error) in caplog.text


def test_somebody_who_starts_it_by_hand_is_told_what_people_use():
    fake = FakeManager(dispatcher_error=1063)

    with pytest.raises(AgentError, match="barwatch-agent run is for people"):
        host(fake.windows, lambda _: None)


def test_another_failure_of_the_service_manager_is_not_hidden():
    fake = FakeManager(dispatcher_error=5)

    with pytest.raises(fake.windows.win32service.error):
        host(fake.windows, lambda _: None)


def test_its_state_and_its_file_are_the_machine_s(tmp_path):
    """A service's own folder is somewhere below Windows, where nobody looks."""
    folder = tmp_path / "barwatch-agent"
    environ = {"PROGRAMDATA": str(tmp_path), "LOCALAPPDATA": "elsewhere"}
    settled, state = settle({"collector": "lab:7443"}, environ, None, ALONE)
    assert (settled.collector, state) == ("lab:7443", folder)

    folder.mkdir()
    (folder / "agent.toml").write_text('collector = "other:1"\nflush = 2.5\n')
    settled, _ = settle({"collector": "lab:7443"}, environ, None, ALONE)
    assert (settled.collector, settled.flush) == ("lab:7443", 2.5)

    (folder / "agent.toml").write_text("flsh = 2.5\n")
    with pytest.raises(ConfigError, match="flsh"):
        settle({}, environ, None, ALONE)


def test_a_state_folder_that_was_named_is_used(tmp_path):
    (tmp_path / "agent.toml").write_text("flush = 2.5\n")
    settled, state = settle({"state": str(tmp_path)}, {"PROGRAMDATA": "elsewhere"}, None, ALONE)

    assert (state, settled.flush) == (tmp_path, 2.5)


def test_the_installer_s_collector_is_used_unless_an_option_names_another(tmp_path):
    (tmp_path / "agent.toml").write_text('collector = "file:1"\n')
    ask = {"state": str(tmp_path), "collector": None}

    installed = replace(ALONE, collector="installer:1")
    assert settle(ask, {}, None, installed)[0].collector == "installer:1"
    assert settle(ask | {"collector": "option:1"}, {}, None, installed)[0].collector == "option:1"
    assert settle(ask, {}, None, ALONE)[0].collector == "file:1"


def test_the_usual_file_is_not_followed_when_others_may_change_it_and_one_that_was_named_is(tmp_path):
    usual = tmp_path / "agent.toml"
    usual.write_text("flush = 2.5\n")

    def refuse(file):
        msg = f"{file} belongs to somebody"
        raise ConfigError(msg)

    ask, machine = {"state": str(tmp_path)}, replace(ALONE, check_owner=refuse)
    with pytest.raises(ConfigError, match="belongs to somebody"):
        settle(ask, {}, None, machine)
    assert settle(ask, {}, usual, machine)[0].flush == 2.5


def test_linux_names_what_runs_the_agent_there():
    done = CliRunner().invoke(main, ["service"])

    assert "deploy/systemd" in str(done.exception)
