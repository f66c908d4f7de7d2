"""Questions about what explains failures: worked out in another process, since they take their time."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import FileResponse, Response
from pydantic import Field
from starlette.background import BackgroundTask

from barwatch_collector.api.asking import Answerer, Getter, When, WhenAndHowMany
from barwatch_collector.api.problems import PROBLEMS
from barwatch_collector.findings.answers import Contrast, Experiments, Explained
from barwatch_collector.findings.jobs import Compare, Explain, Export, Propose
from barwatch_collector.findings.wanted import How, Which
from barwatch_collector.questions.findings import Findings, findings
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access

MOST_PERMUTATIONS = 10_000


class WhichFailures(When):
    """Which failures are meant."""

    failure: FailureClass | None = Field(None, description="Only failures with this verdict; all when left out.")
    access: list[Access] = Field([], max_length=3, description="Only reads by these; by all when left out.")

    @property
    def which(self) -> Which:
        """The same for the engine."""
        return Which(self.failure, frozenset(self.access))


class ToExplain(WhichFailures):
    """What is to be explained, and how thoroughly."""

    permutations: int = Field(1_000, ge=0, le=MOST_PERMUTATIONS, description="How often chance is asked, at most.")
    seed: int = Field(1, ge=0, le=2**32 - 1, description="The same gives the same answer.")

    @property
    def how(self) -> How:
        """The same for the engine."""
        return How(self.which, self.permutations, self.seed)


class ToTry(WhichFailures):
    """Experiments for which failures, and how many."""

    limit: int = Field(5, ge=1, le=100, description="At most so many for each class.")

    @property
    def how(self) -> How:
        """The same for the engine: rankings need no permutations."""
        return How(self.which, permutations=0)


class Two(WhichFailures):
    """Two hosts."""

    left: str = Field(min_length=1, max_length=255, description="Host name, agent id, or a prefix of one.")
    right: str = Field(min_length=1, max_length=255, description="The same.")


def add_findings(app: FastAPI, get: Getter, answerer: Answerer) -> None:
    """Registers them."""

    @get("explain", Explained)
    def what_explains_the_failures(what: Annotated[ToExplain, Query()]) -> Response:
        return answerer.work_out(lambda asked: Explain(asked, what.how), what)

    @get("experiments", Experiments)
    def what_to_try_next(what: Annotated[ToTry, Query()]) -> Response:
        return answerer.work_out(lambda asked: Propose(asked, what.how, what.limit), what)

    @get("contrast", Contrast)
    def what_differs_between_two_hosts(what: Annotated[Two, Query()]) -> Response:
        return answerer.work_out(lambda asked: Compare(asked, what.left, what.right, what.which), what)

    @app.get("/api/v1/cells", response_class=FileResponse, responses=PROBLEMS, tags=["questions"])
    def all_cells_with_their_attributes_as_csv(what: Annotated[WhichFailures, Query()]) -> Response:
        """One row for each host, function, access and configuration, with the attributes that explain looks at."""
        file = _new_file()
        try:
            answerer.do(lambda asked: Export(asked, what.which, file), what)
        except BaseException:
            file.unlink()
            raise
        return FileResponse(file, media_type="text/csv", filename="cells.csv", background=BackgroundTask(file.unlink))

    @get("findings", Findings)
    def what_was_found_when(when: Annotated[WhenAndHowMany, Query()]) -> Response:
        return answerer.answer(lambda connection, asked: findings(connection, asked, when.limit), when)


def _new_file() -> Path:
    with NamedTemporaryFile(prefix="barwatch-", suffix=".csv", delete=False) as file:
        return Path(file.name)
