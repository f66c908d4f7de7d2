"""Whether the firmware's folder can be seen: containers lay an empty one over it."""

from barwatch_agent.roots import Roots
from barwatch_agent.settings.answers import entries

FOLDER = "/sys/firmware"
HIDDEN = f"{FOLDER} is empty: a container hides it"


def is_hidden(roots: Roots) -> bool:
    """Whether nothing in there can be told apart from a machine that does not have it.

    Raises:
        OSError: the folder cannot be read.
    """
    return entries(roots, FOLDER) == []
