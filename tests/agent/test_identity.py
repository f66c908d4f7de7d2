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


def test_a_second_agent_does_not_get_the_same_state_folder(tmp_path):
    state = tmp_path / "state"
    with lock(state), pytest.raises(ConfigError, match="another agent is running"):
        lock(state)
    lock(state).close()


def test_a_state_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match=r"file/state: .*--state"):
        lock(tmp_path / "file" / "state")
