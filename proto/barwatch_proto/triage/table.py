"""The decision table: which evidence means which failure class. The first row whose needs are all met is the verdict.

``confidence`` is expert judgement, to be calibrated on the lab (make bench-triage). ``doubt`` is how sure a later row
can be at most while this one is neither met nor ruled out, so what was not looked at is never skipped silently.
``supports`` are told when they are so, and decide nothing.

Order and first confidences: the project's facts on all ones (Linux include/linux/pci.h, PCI_ERROR_RESPONSE; PCIe Base
Spec 6.0, 2.3.2 and 5.3.1.4.1; Linux drivers/pci/pcie/dpc.c, drivers/pci/pci-sysfs.c). Whoever changes a row counts
VERSION up: collectors then read stored evidence again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from barwatch_proto.triage import questions_bar as bar
from barwatch_proto.triage import questions_read as read
from barwatch_proto.triage import questions_route as route
from barwatch_proto.triage.classes import FailureClass
from barwatch_proto.triage.logic import Answer, any_of
from barwatch_proto.triage.situation import Situation

VERSION = 1

Question = Callable[[Situation], Answer]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    failure: FailureClass
    confidence: float
    doubt: float
    needs: tuple[Question, ...]
    supports: tuple[Question, ...] = ()


def _times_out_alone(situation: Situation) -> Answer:
    """Requests time out, or its neighbours are as silent."""
    lonely = route.siblings_answer(situation)
    silent = Answer(None if lonely.is_so is None else not lonely.is_so, lonely.words)
    return any_of((route.requests_time_out(situation), silent))


def _is_fault_of_mapping(situation: Situation) -> Answer:
    """The function lives, or a driver has it: so it is the mapping that was taken back."""
    return any_of((route.answers(situation), bar.has_driver(situation)))


TABLE: tuple[Row, ...] = (
    # what the operating system says comes before what the bus says
    Row(FailureClass.DENIED, 0.97, 0.97, (read.was_denied,)),
    Row(
        FailureClass.LEGITIMATE_ONES,
        0.90,
        0.90,
        (read.is_all_ones, read.may_hold_ones, read.canary_answers),
    ),
    # nobody answers
    Row(
        FailureClass.CONTAINED,
        0.97,
        0.90,
        (route.is_silent, route.is_contained),
        (route.link_is_inactive, route.requests_time_out),
    ),
    Row(
        FailureClass.REMOVED,
        0.95,
        0.85,
        (route.is_unplugged,),
        (route.is_silent, route.link_is_inactive, route.went_down_by_surprise),
    ),
    Row(FailureClass.D3COLD, 0.92, 0.85, (route.is_in_d3cold,), (route.is_silent, route.link_is_inactive)),
    Row(FailureClass.UPSTREAM_ASLEEP, 0.90, 0.85, (route.is_upstream_asleep,), (route.is_silent,)),
    Row(
        FailureClass.LINK_DOWN,
        0.88,
        0.80,
        (route.is_link_down,),
        (route.is_silent, route.link_is_inactive, route.went_down_by_surprise),
    ),
    Row(FailureClass.NOT_READY, 0.95, 0.90, (route.asks_for_retry,), (read.is_transient,)),
    Row(
        FailureClass.HUNG,
        0.80,
        0.75,
        (route.is_silent, route.link_is_active, _times_out_alone),
        (route.requests_time_out,),
    ),
    Row(FailureClass.HIDDEN, 0.70, 0.70, (route.is_silent, route.siblings_answer)),
    Row(FailureClass.HIDDEN, 0.90, 0.90, (read.is_extended, route.answers, route.is_extended_hidden)),
    # the function answers, and its registers do not
    Row(FailureClass.D3HOT, 0.97, 0.75, (read.is_in_bar, route.is_in_d3hot), (route.answers,)),
    Row(FailureClass.DECODE_OFF, 0.97, 0.65, (read.is_in_bar, route.is_decoding_off), (route.answers,)),
    Row(FailureClass.BAR_UNASSIGNED, 0.92, 0.75, (read.is_in_bar, bar.is_unassigned), (route.answers,)),
    Row(FailureClass.BAR_MOVED, 0.92, 0.70, (read.is_in_bar, route.answers, bar.has_moved)),
    Row(FailureClass.STALE_MAPPING, 0.95, 0.75, (read.by_user, bar.is_mapped_elsewhere), (read.kernel_reads_it,)),
    Row(FailureClass.OUTSIDE_WINDOW, 0.92, 0.70, (read.is_in_bar, bar.is_outside_window), (route.answers,)),
    Row(FailureClass.DENIED, 0.90, 0.90, (read.was_fault, _is_fault_of_mapping), (bar.has_driver,)),
    Row(
        FailureClass.MARGINAL_LINK,
        0.85,
        0.80,
        (route.answers, read.is_transient, route.errors_rise),
    ),
    Row(
        FailureClass.USER_MAPPING_ONLY,
        0.85,
        0.80,
        (read.by_user, read.is_all_ones, route.answers, read.kernel_reads_it, bar.is_mapped_right),
    ),
    Row(
        FailureClass.VIRTUALISED,
        0.70,
        0.70,
        (read.is_in_bar, read.is_all_ones, route.answers, read.is_virtual_machine, read.nothing_answers),
    ),
    Row(
        FailureClass.BLOCK_GATED,
        0.80,
        0.75,
        (read.is_in_bar, read.is_all_ones, route.answers, read.may_not_hold_ones, read.others_answer),
    ),
    Row(
        FailureClass.DEVICE_DEAD_CONFIG_ALIVE,
        0.85,
        0.85,
        (read.is_in_bar, read.is_all_ones, route.answers, read.nothing_answers),
        (route.is_refused_by_device, route.requests_time_out),
    ),
)
