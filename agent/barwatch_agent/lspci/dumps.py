"""Which functions of a text belong together: one machine at one time. A text may hold several."""

from collections.abc import Iterable, Mapping, Sequence

from barwatch_agent.lspci.described import Described, agree, merged
from barwatch_proto.pci import Address

Dump = Mapping[Address, Described]


def dumps(functions: Iterable[Described]) -> list[Dump]:
    """Each machine at each time, in the order of the text.

    A dump ends where an address comes again. What agrees with the dump before is the same machine, told in another way
    (``lspci -nn``, then ``lspci -vvv``, then ``lspci -xxxx``), and is put together with it.
    """
    found: list[Dump] = []
    for dump in _split(functions):
        if found and all(agree(found[-1][address], dump[address]) for address in found[-1].keys() & dump.keys()):
            found[-1] = _together(found[-1], dump)
        else:
            found.append(dump)
    return found


def changed(dumps: Sequence[Dump], chosen: int) -> list[Address]:
    """The functions of a dump that another dump of the text tells differently."""
    others = [dump for index, dump in enumerate(dumps) if index != chosen]
    return [
        address
        for address, function in sorted(dumps[chosen].items())
        if any(address in dump and not agree(function, dump[address]) for dump in others)
    ]


def _split(functions: Iterable[Described]) -> Iterable[Dump]:
    dump: dict[Address, Described] = {}
    for function in functions:
        if function.address in dump:
            yield dump
            dump = {}
        dump[function.address] = function
    if dump:
        yield dump


def _together(one: Dump, other: Dump) -> Dump:
    both = {address: merged(one[address], other[address]) for address in one.keys() & other.keys()}
    return {**one, **other, **both}
