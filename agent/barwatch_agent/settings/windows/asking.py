"""How a fact of Windows becomes a setting: told and decoded, refused, or not known to this Windows."""

from collections.abc import Callable

from barwatch_agent.settings.answers import Answer, NotUnderstood, setting, unreadable
from barwatch_agent.windows.facts import Facts, Refusal
from barwatch_agent.windows.sources import where
from barwatch_proto.snapshot import Setting

NOT_SUPPORTED = {  # NTSTATUS and Win32 errors that say that this Windows has no such thing to ask
    0xC0000002: "not implemented",
    0xC0000003: "no such class",
    0xC00000BB: "not supported",
}
DENIED = {0xC0000022, 0xC0000061, 5, 1314, 0x80041003}  # access denied, privilege not held, in each tongue
NEVER_ASKED = "this recording does not have it"


def ask_fact(name: str, facts: Facts, fact: str, decode: Callable[[bytes], Answer]) -> Setting:
    """The setting that one fact answers. What this Windows does not know is unreadable, never off."""
    return setting(name, where(fact), answer_of(facts, fact, decode))


def answer_of(facts: Facts, fact: str, decode: Callable[[bytes], Answer]) -> Answer:
    """The answer of one fact."""
    found = facts.get(fact)
    if found is None:
        return unreadable(NEVER_ASKED)
    if isinstance(found, Refusal):
        return unreadable(reason_of(found), str(found))
    try:
        return decode(found)
    except NotUnderstood as exc:
        return unreadable(str(exc), exc.raw)


def reason_of(refusal: Refusal) -> str:
    """Why, for people."""
    if refusal.code in DENIED:
        return f"Windows refuses it to this user ({refusal})"
    if refusal.code in NOT_SUPPORTED:
        return f"this Windows does not tell: {NOT_SUPPORTED[refusal.code]} ({refusal})"
    return refusal.reason


def sized(data: bytes, length: int) -> bytes:
    """The bytes, if there are enough.

    Raises:
        NotUnderstood: there are fewer.
    """
    if len(data) < length:
        msg = f"{len(data)} bytes, expected {length}"
        raise NotUnderstood(msg, data.hex())
    return data


def fact_or_none(facts: Facts, fact: str) -> bytes | None:
    """The bytes of a fact; None where Windows did not tell, for clues of which any may be missing."""
    found = facts.get(fact)
    return found if isinstance(found, bytes) else None
