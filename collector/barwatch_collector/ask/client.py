"""Asks the collector over HTTP. What goes wrong says what to do about it, and which exit code it is."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import quote

import httpx

from barwatch_collector.questions.plain import NotThatAnswer, from_plain

PATIENCE_S = 900.0  # explaining ten thousand hosts takes its time; an idle collector answers the rest at once
CONNECT_S = 5.0
Parameters = Mapping[str, str | int | bool | Sequence[str] | None]
T = TypeVar("T")


class AskError(Exception):
    """A question without an answer; the text says why and what to do."""

    exit_code = 1


class Refused(AskError):
    """The collector could not make sense of the question."""

    exit_code = 2


class Unreachable(AskError):
    """There is no collector at that URL."""

    exit_code = 3


class Client:
    """One collector.

    Raises:
        Refused: what should be its URL is none.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise Refused(_no_url(url, "it begins with neither http:// nor https://"))
        try:
            self._http = httpx.Client(
                base_url=f"{self.url}/api/v1/",
                timeout=httpx.Timeout(PATIENCE_S, connect=CONNECT_S),
                trust_env=False,  # a proxy for the web does not lead to a collector on loopback
            )
        except httpx.InvalidURL as exc:
            raise Refused(_no_url(url, str(exc))) from exc

    def get(self, path: Sequence[str], parameters: Parameters) -> object:
        """The JSON of an answer.

        Args:
            path: parts below /api/v1, for example ``("hosts", name)``.
            parameters: of the query; those that are None are left out.

        Raises:
            AskError: no collector, no answer, or no JSON.
        """
        with self._translated():
            response = self._http.get(_joined(path), params=_given(parameters))
        return self._content(response)

    def stream(self, path: Sequence[str], parameters: Parameters) -> Iterator[bytes]:
        """An answer that is a file, in pieces.

        Raises:
            AskError: as ``get``; what came before it is no whole file.
        """
        with self._translated(), self._http.stream("GET", _joined(path), params=_given(parameters)) as response:
            if not response.is_success:
                response.read()
                self._content(response)
            yield from response.iter_bytes()

    def ask(self, kind: type[T], path: Sequence[str], parameters: Parameters) -> T:
        """The answer.

        Raises:
            AskError: as ``get``, or an answer of another version.
        """
        return understood(kind, self.get(path, parameters), self.url)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors of the connection as ours.

        Raises:
            Unreachable: nobody answers, or not in time.
        """
        try:
            yield
        except httpx.TimeoutException as exc:
            raise Unreachable(_no_collector(self.url, "it did not answer in time")) from exc
        except httpx.HTTPError as exc:
            raise Unreachable(_no_collector(self.url, str(exc))) from exc

    def _content(self, response: httpx.Response) -> object:
        try:
            content = response.json()
        except ValueError as exc:
            msg = f"{response.url} answers {response.status_code}, and not in JSON: is that a barwatch collector?"
            raise AskError(msg) from exc
        if response.is_success:
            return content
        if not isinstance(content, dict) or "error" not in content:
            msg = f"{response.url} answers {response.status_code}: is that a barwatch collector?"
            raise AskError(msg)
        what = f"{content['error']}\n{content.get('try', '')}".strip()
        raise (Refused if response.is_client_error else AskError)(what)


def understood(kind: type[T], content: object, url: str) -> T:
    """The answer that JSON from a collector holds.

    Raises:
        AskError: it does not.
    """
    try:
        return from_plain(kind, content)
    except NotThatAnswer as exc:
        msg = f"the answer of {url} is not understood: {exc}\nis it of another version? --json prints what it says"
        raise AskError(msg) from exc


def _given(parameters: Parameters) -> Parameters:
    return {name: value for name, value in parameters.items() if value is not None}


def _joined(path: Sequence[str]) -> str:
    return "/".join(quote(part, safe="") for part in path)


def _no_url(text: str, why: str) -> str:
    return f"{text!r} is not the URL of a collector: {why}\ngive one like --collector http://127.0.0.1:7480"


def _no_collector(url: str, why: str) -> str:
    return (
        f"no collector answers at {url}: {why}\n"
        f"start one here:  barwatch-collector serve\n"
        f"or ask another:  barwatch --collector URL ...  (or set BARWATCH_COLLECTOR)"
    )
