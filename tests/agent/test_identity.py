"""Who an agent is."""

import uuid

import pytest

from barwatch_agent.errors import ConfigError
from barwatch_agent.identity import agent_id, lock


def test_an_agent_keeps_its_id(tmp_path):
    first = agent_id(tmp_path)

    assert agent_id(tmp_path) == first == str(uuid.UUID(first))


def test_an_id_that_is_none_is_an_error_that_says_what_to_do(tmp_path):
    (tmp_path / "agent-id").write_text("laptop 7")

    with pytest.raises(ConfigError, match="agent-id: not a UUID; remove the file"):
        agent_id(tmp_path)


@pytest.mark.parametrize("left", ["", "\n", "\0" * 37], ids=["nothing", "a line's end", "zeros"])
def test_an_id_that_a_power_cut_emptied_is_made_anew_and_the_log_says_so(tmp_path, caplog, left):
    (tmp_path / "agent-id").write_text(left)

    made = agent_id(tmp_path)

    assert agent_id(tmp_path) == made == str(uuid.UUID(made))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "agent-id is empty" in caplog.text


def test_the_first_start_says_nothing_about_a_power_cut(tmp_path, caplog):
    agent_id(tmp_path)

    assert caplog.records == []


def test_what_was_written_aside_before_a_power_cut_is_not_an_id_and_no_obstacle(tmp_path):
    (tmp_path / "agent-id.new").write_text("0b6c")

    made = agent_id(tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["agent-id"]
    assert agent_id(tmp_path) == made


def test_an_id_that_cannot_be_written_is_an_error_and_leaves_no_file(tmp_path):
    (tmp_path / "agent-id.new").mkdir()

    with pytest.raises(ConfigError, match=r"agent-id: Is a directory \(EISDIR\); name another folder with --state"):
        agent_id(tmp_path)
    assert not (tmp_path / "agent-id").exists()


def test_a_second_agent_does_not_get_the_same_state_folder(tmp_path):
    state = tmp_path / "state"
    with lock(state), pytest.raises(ConfigError, match="another agent is running"):
        lock(state)
    lock(state).close()


def test_a_state_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match=r"file/state: .*--state"):
        lock(tmp_path / "file" / "state")
