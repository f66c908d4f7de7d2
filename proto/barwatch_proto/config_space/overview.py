"""What a topology keeps of a configuration space. Each structure is decoded on its own: a bad one costs only itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from barwatch_proto.config_space.acs import Acs, decode_acs
from barwatch_proto.config_space.bridge import BridgeWindows, decode_windows
from barwatch_proto.config_space.capabilities import Walk, walk
from barwatch_proto.config_space.error_reporting import Dpc, decode_dpc
from barwatch_proto.config_space.express import Express, decode_express
from barwatch_proto.config_space.fields import DecodeError
from barwatch_proto.config_space.header import BRIDGE, Header, decode_header
from barwatch_proto.config_space.identity import SubsystemIds, decode_serial_number, decode_subsystem_ids
from barwatch_proto.config_space.power import L1Substates, decode_l1_substates
from barwatch_proto.config_space.resizable import ResizableBar, decode_resizable_bars

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Overview:
    """What one configuration space says; each part None when it is not there or could not be decoded."""

    header: Header | None = None
    walk: Walk = field(default_factory=Walk)
    windows: BridgeWindows | None = None  # bridges only
    express: Express | None = None
    serial_number: int | None = None
    subsystem: SubsystemIds | None = None  # bridges only
    acs: Acs | None = None
    dpc: Dpc | None = None
    l1_substates: L1Substates | None = None
    resizable_bars: tuple[ResizableBar, ...] = ()
    problems: tuple[str, ...] = ()  # the walk's own are among them


def overview(config: bytes) -> Overview:
    """What the configuration space says, as far as it goes; never raises, whatever the bytes are."""
    try:
        header = decode_header(config)
    except DecodeError as error:
        return Overview(problems=(str(error),))
    if header.layout is None and header.vendor is None:
        return Overview(header, problems=("reads all ones: the function does not answer",))
    found, problems = walk(config), []

    def structure(name: str, decode: Callable[[bytes, int], T]) -> T | None:
        offset = found.offset_of(name)
        if offset is None:
            return None
        try:
            return decode(config, offset)
        except DecodeError as error:
            problems.append(f"{name} at {offset:#x}: {error}")
            return None

    return Overview(
        header=header,
        walk=found,
        windows=decode_windows(config) if header.layout == BRIDGE else None,
        express=structure("express", decode_express),
        serial_number=structure("serial_number", decode_serial_number),
        subsystem=structure("subsystem_ids", decode_subsystem_ids),
        acs=structure("acs", decode_acs),
        dpc=structure("dpc", decode_dpc),
        l1_substates=structure("l1_substates", decode_l1_substates),
        resizable_bars=structure("resizable_bar", decode_resizable_bars) or (),
        problems=(*found.problems, *problems),
    )
