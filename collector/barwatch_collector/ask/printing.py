"""Prints answers: a headline that says it in words, then the tables."""

from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.text import Text

from barwatch_collector.ask.coverage_tables import coverage_headline, coverage_tables
from barwatch_collector.ask.episode_tables import (
    episode_card,
    episode_headline,
    episodes_headline,
    episodes_table,
    episodes_with_reasons,
)
from barwatch_collector.ask.experiment_text import experiments_headline, experiments_text
from barwatch_collector.ask.explain_text import explained_headline, explained_text
from barwatch_collector.ask.finding_tables import (
    contrast_headline,
    contrast_tables,
    findings_headline,
    findings_table,
)
from barwatch_collector.ask.host_tables import host_headline, host_tables, tree_drawing, tree_headline
from barwatch_collector.ask.tables import (
    QUIET,
    accesses_line,
    hosts_headline,
    hosts_table,
    rest_line,
    span_line,
    topologies_headline,
    topologies_table,
    worth_a_look,
)
from barwatch_collector.ask.words import many
from barwatch_collector.findings.answers import Contrast, Experiments, Explained
from barwatch_collector.questions.asked import Span
from barwatch_collector.questions.coverage import Coverage
from barwatch_collector.questions.episodes import Episodes, OneEpisode
from barwatch_collector.questions.findings import Findings
from barwatch_collector.questions.host import Host
from barwatch_collector.questions.hosts import Hosts
from barwatch_collector.questions.topologies import Topologies
from barwatch_collector.questions.tree import Tree


def print_topologies(console: Console, answer: Topologies, *, everything: bool = False) -> None:
    """Which topologies fail. On a terminal many healthy ones are told by their number, unless everything is wanted."""
    _print_head(console, topologies_headline(answer), answer.span)
    if answer.rows:
        shown = answer.rows if everything or is_plain(console) else worth_a_look(answer.rows)
        console.print(topologies_table(shown, is_plain=is_plain(console)))
        _print_each(console, (line for line in (rest_line(answer.rows, shown),) if line))
        _print_rest(console, answer.topologies, len({row.topology for row in answer.rows}), "topology", "topologies")
        _print_each(console, (line for line in (accesses_line(answer.accesses),) if line))


def print_hosts(console: Console, answer: Hosts) -> None:
    """All hosts."""
    _print_head(console, hosts_headline(answer), answer.span)
    if answer.rows:
        console.print(hosts_table(answer, is_plain=is_plain(console)))
        _print_rest(console, answer.hosts, len(answer.rows), "host")


def print_host(console: Console, answer: Host) -> None:
    """Everything about one host."""
    _print_head(console, host_headline(answer), answer.span)
    _print_each(console, host_tables(answer, is_plain=is_plain(console)))


def print_tree(console: Console, answer: Tree) -> None:
    """The topology of one host."""
    _print_head(console, tree_headline(answer), answer.span)
    console.print(tree_drawing(answer))


def print_episodes(console: Console, answer: Episodes, *, reasons: bool = False) -> None:
    """Runs of reads that were not ok. In a pipe their reasons are always there."""
    _print_head(console, episodes_headline(answer), answer.span)
    if answer.rows and reasons and not is_plain(console):
        _print_each(console, episodes_with_reasons(answer.rows))
    elif answer.rows:
        console.print(episodes_table(answer.rows, answer.span, is_plain=is_plain(console)))
    _print_rest(console, answer.episodes, len(answer.rows), "episode")


def print_episode(console: Console, answer: OneEpisode) -> None:
    """One run of reads that were not ok, on one screen."""
    _print_head(console, episode_headline(answer), answer.span)
    _print_each(console, episode_card(answer))


def print_coverage(console: Console, answer: Coverage) -> None:
    """Who did not answer."""
    _print_head(console, coverage_headline(answer), answer.span)
    _print_each(console, coverage_tables(answer, is_plain=is_plain(console)))


def print_contrast(console: Console, answer: Contrast, *, everything: bool = False) -> None:
    """What differs between two hosts."""
    _print_head(console, contrast_headline(answer), answer.span)
    _print_each(console, contrast_tables(answer, is_plain=is_plain(console), everything=everything))


def print_explained(console: Console, answer: Explained) -> None:
    """What explains the failures, for each class of them."""
    _print_head(console, explained_headline(answer), answer.span)
    _print_each(console, explained_text(answer))


def print_experiments(console: Console, answer: Experiments) -> None:
    """What to try next."""
    _print_head(console, experiments_headline(answer), answer.span)
    _print_each(console, experiments_text(answer))


def print_findings(console: Console, answer: Findings) -> None:
    """What was found when."""
    _print_head(console, findings_headline(answer), answer.span)
    if answer.rows:
        console.print(findings_table(answer, is_plain=is_plain(console)))
        _print_rest(console, answer.total, len(answer.rows), "finding")


def is_plain(console: Console) -> bool:
    """Whether the answer goes into a pipe or a file."""
    return not console.is_terminal


def _print_head(console: Console, headline: Text, span: Span) -> None:
    headline.stylize("bold")
    _print_each(console, [line for line in (headline, span_line(span)) if line])
    console.print()


def _print_rest(console: Console, in_all: int, shown: int, one: str, several: str = "") -> None:
    if (more := in_all - shown) > 0:
        console.print(Text(f"and {many(more, one, several)} more: --limit", QUIET))


def _print_each(console: Console, parts: Iterable[RenderableType]) -> None:
    for part in parts:
        console.print(part)
