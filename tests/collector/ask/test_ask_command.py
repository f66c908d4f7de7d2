import json
from collections.abc import Sequence

import pytest
from click.testing import CliRunner, Result
from tests.collector.api.serving import Served

from barwatch_collector.ask.__main__ import main

QUESTIONS = (
    ("topologies",),
    ("hosts",),
    ("host", "lap-1"),
    ("tree", "lap-1"),
    ("episodes",),
    ("episode", "lap-1", "1.1"),
    ("coverage",),
)


def ask(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--collector", url, *arguments])


@pytest.fixture
def nobody() -> str:
    """A URL at which nothing listens: port 9 belongs to the discard service, which nobody runs."""
    return "http://127.0.0.1:9"


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_each_question_is_answered(collector: Served, question: Sequence[str]) -> None:
    result = ask(collector.url, *question)

    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) > 3


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_json_is_what_the_collector_says(collector: Served, question: Sequence[str]) -> None:
    result = ask(collector.url, *question, "--json")

    assert result.stdout == json.dumps(json.loads(result.stdout), indent=2) + "\n"
    assert "span" in json.loads(result.stdout)


def test_in_a_pipe_a_row_is_one_line_with_all_of_it(collector: Served) -> None:
    lines = ask(collector.url, "topologies").stdout.splitlines()

    (user,) = [line for line in lines if "b0c5000000000000" in line and " user " in line]
    assert "100 % [44–100 %] 3/3 hosts" in user  # noqa: RUF001 the dash that people see
    assert "> 10de:1b80 (tunnelled)" in user
    assert not any(sign in "".join(lines) for sign in "│─━┃\x1b")


def test_the_url_may_come_from_the_environment(collector: Served) -> None:
    result = CliRunner().invoke(main, ["hosts"], env={"BARWATCH_COLLECTOR": collector.url + "/"})

    assert result.exit_code == 0


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_a_collector_that_is_not_there_is_exit_code_3_with_what_to_do(nobody: str, question: Sequence[str]) -> None:
    result = ask(nobody, *question)

    assert result.exit_code == 3
    assert result.stdout == ""
    for words in (nobody, "barwatch-collector serve", "--collector", "BARWATCH_COLLECTOR"):
        assert words in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("host", "lapp-1"), "did you mean"),
        (("tree", "lap"), "agent id"),
        (("episodes", "--host", "lapp-1"), "did you mean"),
        (("topologies", "--since", "yesterday"), "ISO 8601"),
        (("hosts", "--as-of", "2099-01-01"), "future"),
        (("hosts", "--limit", "0"), "--limit"),
        (("episodes", "--outcome", "bad"), "all_ones"),
        (("episodes", "--failure", "bad"), "upstream_asleep"),
        (("episode", "lap-1", "1.9"), "barwatch episodes --host lap-1"),
        (("episode", "lap-1", "first"), "for example 1.17"),
        (("host",), "HOST"),
        (("weather",), "weather"),
    ],
)
def test_a_question_that_makes_no_sense_is_exit_code_2_with_what_to_do(
    collector: Served, arguments: Sequence[str], words: str
) -> None:
    result = ask(collector.url, *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize("url", ["localhost:7480", "ftp://localhost", "http://[::1", ""])
def test_a_url_that_is_none_is_exit_code_2(url: str) -> None:
    result = ask(url, "hosts")

    assert result.exit_code == 2
    assert "--collector http://127.0.0.1:7480" in result.stderr


def test_something_else_that_listens_there_is_told_from_a_collector(collector: Served) -> None:
    result = ask(f"{collector.url}/elsewhere", "hosts")

    assert result.exit_code == 2
    assert "Not Found" in result.stderr


@pytest.mark.parametrize("question", ["topologies", "hosts", "coverage"])
def test_an_empty_collector_says_what_to_do_next(empty_collector: Served, question: str) -> None:
    result = ask(empty_collector.url, question)

    assert result.exit_code == 0
    assert "barwatch-agent run" in result.stdout


def test_no_episodes_are_good_news(empty_collector: Served) -> None:
    assert "no episodes" in ask(empty_collector.url, "episodes").stdout


def test_a_span_is_told_as_it_was_counted(collector: Served) -> None:
    result = ask(collector.url, "episodes", "--since", "2025-06-16T09:30Z", "--as-of", "2025-06-16T10:20Z")

    assert "from 2025-06-16 09:00:00Z to 2025-06-16 11:00:00Z" in result.stdout


def test_more_than_the_limit_is_said(collector: Served) -> None:
    assert "and 7 hosts more: --limit" in ask(collector.url, "hosts", "--limit", "1").stdout
    assert "and 1 topology more: --limit" in ask(collector.url, "topologies", "--limit", "1").stdout


def test_filters_of_episodes_reach_the_collector(collector: Served) -> None:
    result = ask(collector.url, "episodes", "--open", "--outcome", "denied", "--access", "user", "--json")

    assert json.loads(result.stdout)["outcomes"] == {"denied": 1}


def test_episodes_are_found_by_what_their_verdict_says(collector: Served) -> None:
    result = ask(collector.url, "episodes", "--failure", "denied", "--failure", "unknown", "--json")

    assert json.loads(result.stdout)["failures"] == {"denied": 1, "unknown": 1}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])

    assert result.exit_code == 0
    assert "_BARWATCH_COMPLETE" in result.stdout


def test_the_shell_completes_names_of_hosts(collector: Served) -> None:
    environ = {
        "_BARWATCH_COMPLETE": "bash_complete",
        "COMP_WORDS": "barwatch host la",
        "COMP_CWORD": "2",
        "BARWATCH_COLLECTOR": collector.url,
    }
    result = CliRunner().invoke(main, prog_name="barwatch", env=environ)

    assert result.stdout.split() == ["plain,lap-1", "plain,lap-2", "plain,lap-3"]
