"""The decision table: which evidence means which failure class. The first row whose needs are all met is the verdict.

``confidence`` is expert judgement, calibrated on evidence files (make bench-triage). ``doubt`` is how sure a later row
can be at most while this one is neither met nor ruled out, so what was not looked at is never skipped silently; it is
never above ``confidence``. ``supports`` and ``excludes`` are told when they are so, or not so, and decide nothing.

Removing evidence must never raise a confidence. A need that looks at all reads ("nothing answers") becomes true when
the one good read is taken away; so a row with such a need is no surer than the rows that need a good read.

Order and first confidences: the project's facts on all ones (Linux include/linux/pci.h, PCI_ERROR_RESPONSE; PCIe Base
Spec 6.0, 2.3.2 and 5.3.1.4.1; Linux drivers/pci/pcie/dpc.c, drivers/pci/pci-sysfs.c). Whoever changes a row counts
VERSION up: collectors then read stored evidence again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from barwatch_proto.triage import questions_bar as bar
from barwatch_proto.triage import questions_errors as errors
from barwatch_proto.triage import questions_left as left
from barwatch_proto.triage import questions_read as read
from barwatch_proto.triage import questions_route as route
from barwatch_proto.triage.classes import FailureClass
from barwatch_proto.triage.logic import Answer, any_of, opposite, yes
from barwatch_proto.triage.situation import Situation
from barwatch_proto.words import Access

VERSION = 1

Question = Callable[[Situation], Answer]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    failure: FailureClass
    confidence: float
    doubt: float
    needs: tuple[Question, ...]
    supports: tuple[Question, ...] = ()  # told when they are so
    excludes: tuple[Question, ...] = ()  # told when they are not so


def _times_out_alone(situation: Situation) -> Answer:
    """Requests time out, or its neighbours are as silent."""
    return any_of((errors.requests_time_out(situation), opposite(route.siblings_answer(situation))))


def _mapping_was_taken_back(situation: Situation) -> Answer:
    """The function lives, or a driver has it: so it is the mapping that was taken back."""
    return any_of((route.answers(situation), bar.has_driver(situation)))


def _is_no_matter_of_the_mapping(situation: Situation) -> Answer:
    """It is not the user mapping alone that fails."""
    if situation.read.access is not Access.USER:
        return yes("")
    return opposite(read.kernel_reads_it(situation))


# what is said of a function because nothing else explains it needs these to be known
NOTHING_IN_THE_WAY = (errors.is_decoding, bar.is_forwarded, bar.is_mapping_right)
DOWN = (route.is_silent, route.link_is_inactive, errors.went_down_by_surprise)
ALL_IS_WELL = (
    errors.is_decoding_off,
    route.is_in_d3hot,
    bar.has_moved,
    bar.is_mapped_elsewhere,
    bar.is_outside_window,
)

TABLE: tuple[Row, ...] = (
    # what the operating system says comes before what the bus says
    Row(FailureClass.DENIED, 0.97, 0.97, (read.was_denied,)),
    Row(FailureClass.HIDDEN, 0.90, 0.90, (read.is_extended, route.answers, errors.is_extended_hidden)),
    Row(
        FailureClass.LEGITIMATE_ONES,
        0.90,
        0.90,
        (read.is_all_ones, read.may_hold_ones, read.path_works, read.is_steady),
    ),
    # why the register was left alone
    Row(FailureClass.REMOVED, 0.95, 0.95, (left.was_left_as_gone,)),
    Row(FailureClass.D3COLD, 0.95, 0.95, (left.was_left_without_power,)),
    Row(FailureClass.UPSTREAM_ASLEEP, 0.95, 0.95, (left.was_left_asleep,)),
    Row(FailureClass.LINK_DOWN, 0.95, 0.95, (left.was_left_behind_link,)),
    Row(FailureClass.NOT_READY, 0.95, 0.95, (left.was_left_in_reset,)),
    Row(FailureClass.CONTAINED, 0.95, 0.95, (left.was_left_in_recovery,)),
    Row(FailureClass.BAR_UNASSIGNED, 0.95, 0.95, (left.was_left_without_address,)),
    # nobody answers
    Row(
        FailureClass.CONTAINED,
        0.97,
        0.90,
        (route.is_contained,),
        (route.is_silent, route.link_is_inactive, errors.requests_time_out),
    ),
    Row(FailureClass.REMOVED, 0.95, 0.85, (route.is_silent, route.is_unplugged), DOWN[1:]),
    Row(FailureClass.D3COLD, 0.92, 0.85, (route.is_in_d3cold,), (route.is_silent, route.link_is_inactive)),
    Row(FailureClass.UPSTREAM_ASLEEP, 0.90, 0.85, (route.is_upstream_asleep,), (route.is_silent,)),
    Row(FailureClass.LINK_DOWN, 0.88, 0.80, (route.is_link_down,), DOWN, (route.slot_is_empty,)),
    Row(FailureClass.NOT_READY, 0.95, 0.90, (route.asks_for_retry,), (read.is_transient,)),
    Row(
        FailureClass.HUNG,
        0.82,
        0.75,
        (route.is_silent, route.link_is_active, _times_out_alone),
        (errors.requests_time_out, errors.uncorrectable_errors_rise),
        (route.siblings_answer,),
    ),
    Row(FailureClass.HIDDEN, 0.75, 0.70, (route.is_silent, route.siblings_answer), (route.link_is_active,)),
    # the function answers, and its registers do not
    Row(FailureClass.BAR_UNASSIGNED, 0.94, 0.75, (read.is_in_bar, bar.is_unassigned), (errors.is_decoding_off,)),
    Row(FailureClass.D3HOT, 0.97, 0.75, (read.is_in_bar, route.is_in_d3hot), (route.answers,)),
    Row(
        FailureClass.DECODE_OFF,
        0.97,
        0.70,
        (read.is_in_bar, errors.is_decoding_off),
        (route.answers, bar.has_moved),
        (route.is_in_d3hot,),
    ),
    Row(
        FailureClass.BAR_MOVED,
        0.92,
        0.70,
        (read.is_in_bar, route.answers, bar.has_moved),
        (),
        (errors.is_decoding_off,),
    ),
    Row(
        FailureClass.STALE_MAPPING,
        0.95,
        0.75,
        (read.by_user, bar.is_mapped_elsewhere),
        (read.kernel_reads_it, route.answers),
        (errors.is_decoding_off, bar.has_moved),
    ),
    Row(
        FailureClass.OUTSIDE_WINDOW,
        0.92,
        0.70,
        (read.is_in_bar, bar.is_outside_window),
        (route.answers,),
        (errors.is_decoding_off, bar.has_moved),
    ),
    Row(FailureClass.DENIED, 0.90, 0.90, (read.was_fault, _mapping_was_taken_back), (bar.has_driver,)),
    Row(FailureClass.MARGINAL_LINK, 0.85, 0.75, (route.answers, read.is_transient, errors.errors_rise)),
    Row(
        FailureClass.MARGINAL_LINK,
        0.70,
        0.70,
        (route.answers, read.is_transient, _is_no_matter_of_the_mapping),
        (errors.uncorrectable_errors_rise,),
        ALL_IS_WELL[:1],
    ),
    Row(
        FailureClass.USER_MAPPING_ONLY,
        0.87,
        0.45,  # a user mapping fails, and nobody asked the kernel: nothing below can be told from this
        (read.by_user, read.is_all_ones, route.answers, read.kernel_reads_it, *NOTHING_IN_THE_WAY),
        (),
        ALL_IS_WELL,
    ),
    Row(
        FailureClass.USER_MAPPING_ONLY,
        0.65,
        0.45,
        (read.by_user, read.is_all_ones, route.answers, read.kernel_reads_others, *NOTHING_IN_THE_WAY),
        (),
        ALL_IS_WELL,
    ),
    Row(
        FailureClass.VIRTUALISED,
        0.75,
        0.75,
        (
            read.is_in_bar,
            read.is_all_ones,
            route.answers,
            read.is_virtual_machine,
            read.nothing_answers,
            *NOTHING_IN_THE_WAY,
        ),
        (),
        ALL_IS_WELL,
    ),
    Row(
        FailureClass.BLOCK_GATED,
        0.86,
        0.75,
        (
            read.is_in_bar,
            read.is_out_of_order,
            route.answers,
            read.others_answer,
            *NOTHING_IN_THE_WAY,
        ),
        (read.is_steady,),
        ALL_IS_WELL,
    ),
    Row(
        FailureClass.LEGITIMATE_ONES,
        0.70,
        0.70,
        (
            read.is_all_ones,
            read.may_hold_ones,
            read.others_answer,
            read.does_not_come_back,
            *NOTHING_IN_THE_WAY,
        ),
        (),
        ALL_IS_WELL,
    ),
    Row(FailureClass.BAR_UNASSIGNED, 0.65, 0.65, (read.is_in_bar, route.answers, bar.is_register_empty)),
    Row(
        FailureClass.DEVICE_DEAD_CONFIG_ALIVE,
        0.86,
        0.86,
        (read.is_in_bar, read.is_all_ones, route.answers, read.nothing_answers, *NOTHING_IN_THE_WAY),
        (errors.is_refused_by_device, errors.requests_time_out, errors.uncorrectable_errors_rise, read.is_steady),
        ALL_IS_WELL,
    ),
)
