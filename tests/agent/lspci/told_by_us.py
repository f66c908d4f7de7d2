"""What we decode of one configuration space, in the words of ``told_by_lspci``."""

from collections.abc import Iterator, Sequence

from barwatch_agent.lspci.bars import registers
from barwatch_agent.lspci.described import Described
from barwatch_proto.config_space import (
    decode_acs,
    decode_aer,
    decode_dpc,
    decode_express,
    decode_header,
    decode_l1_substates,
    decode_latency_tolerance,
    decode_msi,
    decode_msi_x,
    decode_power_management,
    decode_resizable_bars,
    decode_serial_number,
    decode_sr_iov,
    decode_subsystem_ids,
    decode_windows,
    walk,
)
from barwatch_proto.config_space.fields import DecodeError
from barwatch_proto.pci import Address, PortType, WindowKind

Facts = dict[tuple[str, str], str]
CONTROL = {"I/O": 0, "Mem": 1, "BusMaster": 2, "SpecCycle": 3, "MemWINV": 4, "VGASnoop": 5, "ParErr": 6, "SERR": 8,
           "FastB2B": 9, "DisINTx": 10, "Stepping": 7}  # fmt: skip
STATUS = {"INTx": 3, "Cap": 4, "66MHz": 5, "FastB2B": 7, "ParErr": 8, ">TAbort": 11, "<TAbort": 12, "<MAbort": 13,
          ">SERR": 14, "<PERR": 15}  # fmt: skip
UNCORRECTABLE = {"DLP": 4, "SDES": 5, "TLP": 12, "FCP": 13, "CmpltTO": 14, "CmpltAbrt": 15, "UnxCmplt": 16, "RxOF": 17,
                 "MalfTLP": 18, "ECRC": 19, "UnsupReq": 20, "ACSViol": 21}  # fmt: skip
CORRECTABLE = {"RxErr": 0, "BadTLP": 6, "BadDLLP": 7, "Rollover": 8, "Timeout": 12, "AdvNonFatalErr": 13}
ACS = {"SrcValid": "sv", "TransBlk": "tb", "ReqRedir": "rr", "CmpltRedir": "cr", "UpstreamFwd": "uf",
       "EgressCtrl": "ec", "DirectTrans": "dt"}  # fmt: skip
L1 = {"PCI-PM_L1.2": "pci_pm_l1.2", "PCI-PM_L1.1": "pci_pm_l1.1", "ASPM_L1.2": "aspm_l1.2", "ASPM_L1.1": "aspm_l1.1"}
TYPES = {
    "Endpoint": PortType.ENDPOINT,
    "Legacy Endpoint": PortType.LEGACY_ENDPOINT,
    "Root Port": PortType.ROOT_PORT,
    "Upstream Port": PortType.UPSTREAM_PORT,
    "Downstream Port": PortType.DOWNSTREAM_PORT,
    "PCI-Express to PCI/PCI-X Bridge": PortType.PCIE_TO_PCI_BRIDGE,
    "PCI/PCI-X to PCI-Express Bridge": PortType.PCI_TO_PCIE_BRIDGE,
    "Root Complex Integrated Endpoint": PortType.ROOT_COMPLEX_ENDPOINT,
    "Root Complex Event Collector": PortType.ROOT_COMPLEX_EVENT_COLLECTOR,
}
WINDOWS = {WindowKind.IO: "I/O", WindowKind.MEMORY: "Memory", WindowKind.PREFETCHABLE: "Prefetchable memory"}
ASPM = {"disabled": "Disabled", "l0s": "L0s", "l1": "L1", "l0s+l1": "L0s L1"}
REASONS = {None: None, "uncorrectable": "00", "nonfatal_message": "01", "fatal_message": "02"}


def facts_of(config: bytes) -> Facts:
    """The facts by (offset of the capability in hex, name); what we do not know is left out."""
    found = {("", name): value for name, value in _header(config) if value is not None}
    for capability in walk(config).capabilities:
        where = f"{capability.offset:02x}"
        found[where, "capability"] = "" if capability.version is None else str(capability.version)
        decode = DECODERS.get(capability.name)
        try:
            told = [] if decode is None else [*decode(config, capability.offset)]
        except DecodeError:
            continue
        found |= {(where, name): value for name, value in told if value is not None}
    return found


Told = Iterator[tuple[str, str | None]]


def _header(config: bytes) -> Told:
    header = decode_header(config)
    yield from (("vendor", _hex(header.vendor, 4)), ("device", _hex(header.device, 4)))
    yield from (("class", _hex(header.class_code, 6)), ("revision", _hex(header.revision, 2)))
    yield from (
        ("subsystem.vendor", _hex(header.subsystem_vendor, 4)),
        ("subsystem.device", _hex(header.subsystem_device, 4)),
    )
    yield from _bits("Control", header.command, CONTROL)
    yield from _bits("Status", header.status, STATUS)
    for index, bar in registers(Described(Address(0, 0, 0, 0), config=config)).items():
        low = header.bar_registers[index] or 0
        kind = "io" if bar.is_io else "64" if low & 6 == 4 else "32"
        prefetchable = "prefetchable" if low & 8 and not bar.is_io else ""
        yield f"bar{index}", f"{kind} {bar.start:x} {prefetchable}".strip()
    if header.layout == 1 and header.buses:
        for name in ("primary", "secondary", "subordinate"):
            yield name, _hex(getattr(header.buses, name), 2)
        windows = decode_windows(config)
        known = {window.kind: f"{window.start:x}-{window.end:x}" for window in windows.windows}
        for kind, name in WINDOWS.items():
            yield f"window {name}", None if kind in windows.unknown else known.get(kind, "closed")


def _power(config: bytes, offset: int) -> Told:
    power = decode_power_management(config, offset)
    yield "pm.version", _text(power.version)
    yield "pm.state", None if power.state is None else power.state.removesuffix("hot")
    yield from (("pm.keeps_state", _sign(power.keeps_state)), ("pm.pme", _sign(power.is_pme_enabled)))


def _msi(config: bytes, offset: int) -> Told:
    msi = decode_msi(config, offset)
    yield "msi.enabled", _sign(msi.is_enabled)
    yield from (("msi.count", _text(msi.vectors_enabled)), ("msi.offered", _text(msi.vectors_offered)))


def _msi_x(config: bytes, offset: int) -> Told:
    msi_x = decode_msi_x(config, offset)
    yield from (("msix.enabled", _sign(msi_x.is_enabled)), ("msix.count", _text(msi_x.vectors)))
    yield "msix.masked", _sign(msi_x.is_masked)
    for name, place in (("table", msi_x.table), ("pba", msi_x.pending)):
        if place is not None:
            yield from ((f"msix.{name}_bar", str(place.bar)), (f"msix.{name}_offset", _hex(place.offset, 8)))


def _express(config: bytes, offset: int) -> Told:
    express = decode_express(config, offset)
    if express is None:
        return
    names = {port_type: name for name, port_type in TYPES.items()}
    yield from (("express.version", str(express.version)), ("express.type", names.get(express.port_type)))
    yield from (
        ("express.payload", _text(express.max_payload_bytes)),
        ("express.read_request", _text(express.max_read_request_bytes)),
    )
    yield from (("express.ltr_able", _sign(express.is_ltr_capable)), ("express.ltr", _sign(express.is_ltr_enabled)))
    yield from (("express.ari_able", _sign(express.is_ari_capable)), ("express.ari", _sign(express.is_ari_forwarding)))
    if express.port_type in {PortType.ROOT_PORT, PortType.DOWNSTREAM_PORT}:
        yield "express.slot", _sign(express.slot is not None)
    if express.slot is not None:
        slot = express.slot
        yield from (
            ("slot.hotplug", _sign(slot.is_hotplug_capable)),
            ("slot.surprise", _sign(slot.is_surprise_capable)),
        )
        yield from (("slot.number", _text(slot.number)), ("slot.occupied", _sign(slot.is_occupied)))
    if express.link is not None:
        link = express.link
        yield from (("link.max_speed", _speed(link.max_speed_gts)), ("link.max_width", _text(link.max_width)))
        yield from (("link.speed", _speed(link.speed_gts)), ("link.width", _text(link.width)))
        yield from (("link.aspm", ASPM.get(link.aspm or "")), ("link.disabled", _sign(link.is_disabled)))
        yield from (("link.training", _sign(link.is_training)), ("link.active", _sign(link.is_active)))


def _aer(config: bytes, offset: int) -> Told:
    aer = decode_aer(config, offset, is_root=False)
    yield from _bits("UESta", aer.uncorrectable_status, UNCORRECTABLE)
    yield from _bits("UEMsk", aer.uncorrectable_mask, UNCORRECTABLE)
    yield from _bits("UESvrt", aer.uncorrectable_severity, UNCORRECTABLE)
    yield from _bits("CESta", aer.correctable_status, CORRECTABLE)
    yield from _bits("CEMsk", aer.correctable_mask, CORRECTABLE)
    yield "aer.first", _hex(aer.first_error, 2)
    yield (
        "aer.log",
        " ".join(f"{each:08x}" for each in aer.header_log if each is not None) if None not in aer.header_log else None,
    )


def _dpc(config: bytes, offset: int) -> Told:
    dpc = decode_dpc(config, offset)
    yield from (("dpc.rp", _sign(dpc.has_rp_extensions)), ("dpc.triggered", _sign(dpc.is_triggered)))
    yield "dpc.control", None if dpc.control is None else str(dpc.control & 3)
    yield from (("dpc.reason", REASONS.get(dpc.reason)), ("dpc.source", _hex(dpc.source, 4)))


def _acs(config: bytes, offset: int) -> Told:
    acs = decode_acs(config, offset)
    yield from _names("ACSCap", acs.supported, ACS)
    yield from _names("ACSCtl", acs.enabled, ACS)


def _sr_iov(config: bytes, offset: int) -> Told:
    iov = decode_sr_iov(config, offset)
    yield from (("iov.enabled", _sign(iov.is_enabled)), ("iov.mse", _sign(iov.is_memory_decoding)))
    yield from (("iov.total", _text(iov.total_vfs)), ("iov.number", _text(iov.num_vfs)))
    yield from (("iov.offset", _text(iov.first_vf_offset)), ("iov.stride", _text(iov.vf_stride)))
    yield "iov.device", _hex(iov.vf_device, 4)


def _l1(config: bytes, offset: int) -> Told:
    substates = decode_l1_substates(config, offset)
    yield from _names("L1SubCap", substates.supported, L1)
    yield from _names("L1SubCtl1", substates.enabled, L1)


def _ltr(config: bytes, offset: int) -> Told:
    latency = decode_latency_tolerance(config, offset)
    yield from (("ltr.snoop", _text(latency.max_snoop_ns)), ("ltr.no_snoop", _text(latency.max_no_snoop_ns)))


def _rebar(config: bytes, offset: int) -> Told:
    for bar in decode_resizable_bars(config, offset):
        yield f"rebar{bar.bar}", f"{bar.length_bytes} of {sorted(bar.sizes_bytes or ())}"


def _serial_number(config: bytes, offset: int) -> Told:
    number = decode_serial_number(config, offset)
    yield "serial_number", None if number is None else number.to_bytes(8, "big").hex("-")


def _subsystem(config: bytes, offset: int) -> Told:
    ids = decode_subsystem_ids(config, offset)
    yield from (("subsystem.vendor", _hex(ids.vendor, 4)), ("subsystem.device", _hex(ids.device, 4)))


DECODERS = {
    "power_management": _power,
    "msi": _msi,
    "msi_x": _msi_x,
    "express": _express,
    "aer": _aer,
    "dpc": _dpc,
    "acs": _acs,
    "sr_iov": _sr_iov,
    "l1_substates": _l1,
    "ltr": _ltr,
    "resizable_bar": _rebar,
    "serial_number": _serial_number,
    "subsystem_ids": _subsystem,
}


def _bits(label: str, register: int | None, names: dict[str, int]) -> Told:
    for name, bit in names.items():
        yield f"{label}.{name}", None if register is None else _sign(bool(register >> bit & 1))


def _names(label: str, given: Sequence[str] | None, names: dict[str, str]) -> Told:
    for name, ours in names.items():
        yield f"{label}.{name}", None if given is None else _sign(ours in given)


def _hex(number: int | None, digits: int) -> str | None:
    return None if number is None else f"{number:0{digits}x}"


def _text(number: float | None) -> str | None:
    return None if number is None else str(number)


def _sign(value: bool | None) -> str | None:  # noqa: FBT001 a plus or a minus
    return None if value is None else "+" if value else "-"


def _speed(speed: float | None) -> str | None:
    return None if speed is None else f"{speed:g}"
