"""Which agents have a live stream here: one agent, one stream."""

import asyncio
from dataclasses import dataclass, field

from barwatch_proto.telemetry import Hello


@dataclass(slots=True, eq=False)
class LiveStream:
    """A stream whose Hello was accepted."""

    hello: Hello
    peer: str  # as gRPC names it
    conversation: asyncio.Task[object]  # cancelling it ends the stream
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class LiveStreams:
    """The live streams of one collector by agent."""

    _by_agent: dict[str, LiveStream] = field(default_factory=dict)

    def rival(self, hello: Hello) -> str | None:
        """Why this agent must not come in; None: it may.

        The same process that comes again has lost its connection before we noticed; another process under the same
        identity is a copy of a machine, or of its state folder.
        """
        live = self._by_agent.get(hello.agent_id)
        if live is None or live.hello.instance == hello.instance:
            return None
        return (
            f"agent {hello.agent_id} is connected already, from host {live.hello.hostname!r} at {live.peer}: if this"
            " machine is a copy of that one, delete the agent's state folder here, and it gets an identity of its own;"
            " if the agent was just restarted, it is let in as soon as the old connection is known to be gone"
        )

    async def enter(self, stream: LiveStream) -> None:
        """Makes the stream the live one of its agent, and ends the one before."""
        before = self._by_agent.get(stream.hello.agent_id)
        self._by_agent[stream.hello.agent_id] = stream
        if before is not None:
            before.conversation.cancel()
            await before.ended.wait()

    def leave(self, stream: LiveStream) -> None:
        """The stream has ended."""
        stream.ended.set()
        if self._by_agent.get(stream.hello.agent_id) is stream:
            del self._by_agent[stream.hello.agent_id]

    def agents(self) -> frozenset[str]:
        """Ids of the agents that have a live stream."""
        return frozenset(self._by_agent)

    def __len__(self) -> int:
        return len(self._by_agent)
