"""Questions about hosts, topologies and episodes: answered from the tables, at once."""

from typing import Annotated

from fastapi import Path as InPath
from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from barwatch_collector.api.asking import Answerer, Getter, When, WhenAndHowMany
from barwatch_collector.questions.coverage import Coverage, coverage
from barwatch_collector.questions.episodes import EpisodeFilter, Episodes, OneEpisode, episodes, one_episode
from barwatch_collector.questions.host import Host, host
from barwatch_collector.questions.hosts import Hosts, hosts
from barwatch_collector.questions.topologies import Topologies, topologies
from barwatch_collector.questions.tree import Tree, tree
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access, Outcome


class WhichEpisodes(WhenAndHowMany):
    """Which episodes are wanted; what is left out is not asked for."""

    host: str | None = Field(None, min_length=1, max_length=255, description="Host name, agent id, or a prefix of one.")
    outcome: list[Outcome] = Field([], max_length=6)
    access: list[Access] = Field([], max_length=3)
    failure: list[FailureClass] = Field([], max_length=len(FailureClass), description="What the verdict says.")
    open: bool | None = Field(None, description="true: those that last; false: those that ended")

    @property
    def wanted(self) -> EpisodeFilter:
        """The filter."""
        return EpisodeFilter(self.host, tuple(self.outcome), tuple(self.access), self.open, tuple(self.failure))


EpisodeNumber = Annotated[
    str, InPath(min_length=1, max_length=32, description="Epoch and episode, 1.17; 17 is of the latest epoch.")
]
HostName = Annotated[str, InPath(min_length=1, max_length=255, description="Host name, agent id, or a prefix of one.")]


def add_questions(get: Getter, answerer: Answerer) -> None:
    """Registers them."""
    _add_questions_about_all(get, answerer)
    _add_questions_about_a_host(get, answerer)


def _add_questions_about_all(get: Getter, answerer: Answerer) -> None:
    @get("topologies", Topologies)
    def which_topologies_fail(when: Annotated[WhenAndHowMany, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: topologies(connection, asked, when.limit), when)

    @get("hosts", Hosts)
    def all_hosts(when: Annotated[WhenAndHowMany, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: hosts(connection, asked, when.limit), when)

    @get("episodes", Episodes)
    def runs_of_failing_reads(which: Annotated[WhichEpisodes, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: episodes(connection, asked, which.wanted, which.limit), which)

    @get("coverage", Coverage)
    def who_did_not_answer(when: Annotated[WhenAndHowMany, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: coverage(connection, asked, when.limit), when)


def _add_questions_about_a_host(get: Getter, answerer: Answerer) -> None:
    @get("hosts/{name}", Host)
    def one_host(name: HostName, when: Annotated[When, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: host(connection, asked, name), when)

    @get("hosts/{name}/tree", Tree)
    def topology_of_a_host(name: HostName, when: Annotated[When, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: tree(connection, asked, name), when)

    @get("hosts/{name}/episodes/{number}", OneEpisode)
    def one_run_of_failing_reads(name: HostName, number: EpisodeNumber, when: Annotated[When, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: one_episode(connection, asked, name, number), when)
