"""An agent that is no root: what it may do in a guest, and a way for it to its own code.

A checkout or an interpreter may lie in somebody's home, which nobody else may enter. In the guest such a folder is laid
open by an overlay whose upper folder may be entered: nothing of this machine is changed.
"""

import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.lab.parts import CHECKOUT

USER = 65534  # nobody, and nobody's group
AS_USER = f"setpriv --reuid {USER} --regid {USER} --clear-groups --bounding-set=-all --no-new-privs"
# What the driver's udev rule gives to a group: driver/linux/60-barwatch.rules.
IN_THE_GROUP = f"chgrp {USER} /dev/barwatch && chmod 0640 /dev/barwatch"
NEEDED = (CHECKOUT, Path(sys.prefix), Path(sys.base_prefix))
OVERLAY = "mkdir -p {0}/upper {0}/work && mount -t overlay o -o lowerdir={1},upperdir={0}/upper,workdir={0}/work {1}"


def admit() -> str:
    """Commands that make the group's device readable and lay open what the agent needs, for root in a guest."""
    overlays = [OVERLAY.format(f"/run/open/{at}", folder) for at, folder in enumerate(closed_folders(NEEDED))]
    return " && ".join([IN_THE_GROUP, *(["modprobe overlay"] if overlays else []), *overlays])


def closed_folders(needed: Sequence[Path]) -> list[Path]:
    """The folders, on the way to and including these, that only some may enter; the outermost first."""
    on_the_way = {each for path in needed for each in (path, *path.parents)}
    return sorted(path for path in on_the_way if not path.stat().st_mode & stat.S_IXOTH)
