"""What the agent is told, and by whom."""

from pathlib import Path

import pytest

from barwatch_agent.config import MAX_FILE_BYTES, PREFIX, Config, load, split_address, state_folder
from barwatch_agent.errors import ConfigError

README = Path(__file__).parents[2] / "README.md"


def test_options_win_over_the_environment_which_wins_over_the_file(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text('collector = "file:1"\nmetrics = "file:2"\nflush = 3\n')
    environ = {"BARWATCH_AGENT_COLLECTOR": "environ:1", "BARWATCH_AGENT_METRICS": "environ:2"}

    config = load({"collector": "option:1", "state": None, "plan": ()}, environ, file)

    assert (config.collector, config.metrics, config.flush) == ("option:1", "environ:2", 3.0)
    assert config.sysfs == "/sys"


def test_the_environment_names_several_plans_like_a_path():
    assert load({}, {"BARWATCH_AGENT_PLAN": "a.toml:b.toml"}, None).plan == ("a.toml", "b.toml")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("flush = 0", r"agent\.toml: .*flush"),
        ('flush = "soon"', r"agent\.toml: .*flush"),
        ("flusch = 3", r"agent\.toml: .*flusch"),
        ("spool_mib = 0", r"agent\.toml: .*spool_mib"),
        ("flush = = 3", r"agent\.toml: .*line 1"),
    ],
    ids=["too small", "no number", "unknown", "no room", "no TOML"],
)
def test_a_wrong_file_is_an_error_with_the_file_and_the_key(tmp_path, text, complaint):
    file = tmp_path / "agent.toml"
    file.write_text(text)

    with pytest.raises(ConfigError, match=complaint):
        load({}, {}, file)


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: No such file or directory \(ENOENT\)"):
        load({}, {}, tmp_path / "none.toml")


def test_a_file_that_never_ends_is_refused_and_not_read_whole():
    with pytest.raises(ConfigError, match=r"/dev/zero: longer than 1 MiB: this is no configuration file"):
        load({}, {}, Path("/dev/zero"))


def test_a_file_of_the_greatest_length_is_read(tmp_path):
    file = tmp_path / "agent.toml"
    text = 'hostname = "lab"\n'
    file.write_text(text + "#" * (MAX_FILE_BYTES - len(text)))

    assert load({}, {}, file).hostname == "lab"

    with file.open("a") as longer:
        longer.write("#")
    with pytest.raises(ConfigError, match="longer than 1 MiB"):
        load({}, {}, file)


def test_a_file_that_is_no_text_is_an_error_that_names_it(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match=r"agent\.toml: .*utf-8"):
        load({}, {}, file)


def test_a_hostname_has_at_most_255_characters():
    assert load({"hostname": "h" * 255}, {}, None).hostname == "h" * 255
    with pytest.raises(ConfigError, match=r"the command line: .*255.*hostname"):
        load({"hostname": "h" * 256}, {}, None)


def test_a_wrong_environment_is_an_error_that_says_so():
    with pytest.raises(ConfigError, match=r"the environment: .*flush"):
        load({}, {"BARWATCH_AGENT_FLUSH": "never"}, None)


@pytest.mark.parametrize("text", ["7481", "localhost:", "localhost:70000", ":7481", "localhost:http"])
def test_an_address_without_host_or_port_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match=r"--metrics .*: expected HOST:PORT, for example 127\.0\.0\.1:7481"):
        split_address("metrics", text)


def test_an_address_may_be_ipv6():
    assert split_address("metrics", "[::1]:7481") == ("::1", 7481)


def test_root_keeps_its_state_in_var_and_everybody_else_at_home():
    environ = {"HOME": "/home/ann"}

    assert state_folder(Config(), environ, is_root=True) == Path("/var/lib/barwatch-agent")
    assert state_folder(Config(), environ, is_root=False) == Path("/home/ann/.local/state/barwatch-agent")
    assert state_folder(Config(), environ | {"XDG_STATE_HOME": "/x"}, is_root=False) == Path("/x/barwatch-agent")
    assert state_folder(Config(state="here"), environ, is_root=True) == Path("here")


def test_every_key_is_in_the_readme():
    text = README.read_text()

    assert PREFIX in text
    for key in Config.__struct_fields__:
        assert f"`{key}`" in text, f"README.md does not explain the agent's option {key}"
