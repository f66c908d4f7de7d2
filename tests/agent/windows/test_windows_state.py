"""Where an agent on Windows keeps what it knows."""

from pathlib import Path

from barwatch_agent.config import windows_state_folder

ENVIRON = {"PROGRAMDATA": "C:/ProgramData", "LOCALAPPDATA": "C:/Users/ann/AppData/Local"}


def test_a_service_keeps_its_state_with_the_machine_and_a_person_with_their_own():
    assert windows_state_folder(ENVIRON, is_root=True) == Path("C:/ProgramData/barwatch-agent")
    assert windows_state_folder(ENVIRON, is_root=False) == Path("C:/Users/ann/AppData/Local/barwatch-agent")
