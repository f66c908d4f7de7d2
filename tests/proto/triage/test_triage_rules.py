"""Rules of PCI Express and of operating systems that a verdict must not get wrong."""

from dataclasses import replace

from tests.proto.config_space.spaces import make_config
from tests.proto.triage.live import CARD, KERNEL, OK, ONES, USER, case, changed, everybody, read, route

from barwatch_proto.pci import BarKind, PortType
from barwatch_proto.topology import Bar
from barwatch_proto.triage import Case, CaseRead, FailureClass, Hop, Repetition, triage
from barwatch_proto.triage.hop import decode_hop
from barwatch_proto.words import Access, Outcome

ASKED = CaseRead(KERNEL, ONES, "a", 0, is_canary=True)
PORT_WITH_DPC = {
    0x00: "8680 0000 0600 1000",
    0x0E: "01",
    0x34: "40",
    0x40: "1000 4200",
    0x100: "1d00 0100",  # DPC at the start of the extended list
    0x104: "2000 0100",  # with root port extensions
    0x108: "0100",  # triggered
    0x10C: "0000 0400",  # RP PIO: completion timeout of a memory request
}


def test_a_port_that_contained_says_which_request_failed():
    port = Hop("0000:00:01.0", config=make_config(PORT_WITH_DPC, 0x200))
    verdict = triage(Case(ASKED, route=(port, Hop("0000:01:00.0", vendor_id=0xFFFF))))

    assert verdict.failure is FailureClass.CONTAINED
    assert "0000:00:01.0 cut its link off (DPC): completion timeout" in verdict.reasons


def test_the_ids_of_a_virtual_function_are_ones_and_it_is_not_silent():
    """SR-IOV: its ids read ffffh, its Memory Space Enable reads 0, and both mean nothing."""
    config = b"\xff" * 4 + bytes(60)
    facts = decode_hop(Hop("vf", config=config))

    assert facts.is_virtual_function
    assert facts.is_silent is False
    assert facts.is_decoding is None
    assert facts.bar_registers is None


def test_a_canary_that_was_read_before_the_trouble_proves_nothing():
    early = read(KERNEL, OK, "pmc.boot_0", 0, at=5)
    found = triage(case(others=(early, *everybody(ONES))))

    assert found.failure is FailureClass.DEVICE_DEAD_CONFIG_ALIVE


def test_a_function_that_falls_silent_between_two_looks_is_silent():
    silent = changed(route("laptop-thunderbolt-box"), CARD, config_after=b"\xff" * 4)

    assert decode_hop(silent[CARD]).is_silent


def test_a_function_that_linux_shows_in_d3cold_and_active_was_not_put_to_sleep():
    """pci_update_current_state sets D3cold for whatever does not answer."""
    port = Hop("port", is_link_active=False, is_slot_occupied=True)
    card = Hop("card", vendor_id=0xFFFF, power_state="D3cold", runtime_status="active")
    verdict = triage(Case(ASKED, route=(port, card)))

    assert verdict.failure is FailureClass.LINK_DOWN
    assert "Linux shows D3cold also for what does not answer" in verdict.contradictions[0]


def test_the_port_next_to_the_root_that_broke_off_is_named():
    hops = (Hop("a", is_link_active=False, is_slot_occupied=True), Hop("b", vendor_id=0xFFFF), Hop("c"))
    verdict = triage(Case(ASKED, route=hops))

    assert verdict.failure is FailureClass.LINK_DOWN
    assert "the link of a is down" in verdict.reasons


def test_where_it_is_not_known_which_port_broke_off_no_link_is_said_to_be_up():
    hops = (Hop("a", is_link_active=True), Hop("b"), Hop("c", vendor_id=0xFFFF, do_siblings_answer=False))

    assert triage(Case(ASKED, route=hops)).failure is FailureClass.UNKNOWN


def test_a_bar_with_no_address_comes_before_decoding_that_is_off_because_of_it():
    """Linux pci_enable_resources does not enable a function whose BAR has no address."""
    bar = Bar(0, BarKind.MEMORY_32, is_prefetchable=False, length_bytes=4096, start=None)
    card = Hop("card", vendor_id=0x10DE, bars=(bar,), is_memory_decoding=False)

    assert triage(Case(ASKED, route=(card,))).failure is FailureClass.BAR_UNASSIGNED


def test_an_empty_bar_register_without_word_of_the_os_is_an_unassigned_bar():
    card = Hop("card", bar_registers=((0, 0),), is_memory_decoding=True, power_state="D0")

    assert triage(Case(ASKED, route=(card,))).failure is FailureClass.BAR_UNASSIGNED


def test_a_user_mapping_that_fails_alone_on_a_route_that_is_well_is_called_so():
    verdict = triage(case(access=USER, others=everybody(OK, ONES)))

    assert verdict.failure is FailureClass.USER_MAPPING_ONLY
    assert verdict.repetition is Repetition.PATH_SPECIFIC
    assert verdict.confidence > 0.8


def test_a_virtual_machine_with_a_dead_bar_asks_its_host():
    assert triage(case(is_virtual_machine=True)).failure is FailureClass.VIRTUALISED


def test_a_read_that_comes_back_while_the_link_counts_errors_is_the_links():
    hops = changed(route("server-switches"), -2, correctable_rise=12)
    verdict = triage(case("server-switches", route=hops, others=everybody(OK)))

    assert verdict.failure is FailureClass.MARGINAL_LINK
    assert "0000:03:08.0 counted 12 correctable errors meanwhile" in verdict.reasons


def test_a_bar_register_that_lost_its_address_is_a_bar_that_moved():
    hops = changed(route("server-switches"), CARD, {0x10: 0, 0x12: 0})
    verdict = triage(case("server-switches", route=hops))

    assert verdict.failure is FailureClass.BAR_MOVED
    assert any("it lost its address" in reason for reason in verdict.reasons)


def test_what_is_known_of_a_short_configuration_space_is_used_and_no_more():
    whole = route("server-switches")[CARD]
    short = replace(whole, config=whole.config[:0x62], config_after=b"", power_state=None)
    facts = decode_hop(short)

    assert facts.is_decoding
    assert facts.power is None
    assert facts.uncorrectable_status is None


def test_error_registers_that_end_too_early_are_not_known():
    whole = route("server-switches")[0]
    facts = [decode_hop(replace(whole, config=whole.config[:end], config_after=b"")) for end in range(0x100, 0x340, 4)]

    assert facts[0].uncorrectable_status is None
    assert facts[-1].uncorrectable_status is not None


def test_a_conventional_function_without_power_management_is_awake():
    config = make_config({0x00: "3412 e811 0200 0000"}, 256)

    assert decode_hop(Hop("edu", config=config)).power == "D0"


def test_a_power_state_that_is_none_is_not_known():
    assert decode_hop(Hop("card", power_state="unknown")).power is None


def test_an_io_port_behind_a_bar_register_is_no_memory_address():
    config = make_config({0x00: "3412 e811 0200 0000", 0x10: "01e0 0000", 0x14: "0400 0010 0100 0000"}, 256)

    assert decode_hop(Hop("card", config=config)).bar_registers == {1: 0x1_1000_0000, 3: 0, 4: 0, 5: 0}


def test_without_any_evidence_the_class_is_not_known_and_candidates_are_named():
    verdict = triage(Case(CaseRead(Access.KERNEL, Outcome.ALL_ONES, "a", 0)))

    assert verdict.failure is FailureClass.UNKNOWN
    assert verdict.missing
    assert FailureClass.DECODE_OFF in verdict.likely


def test_an_upstream_port_of_a_switch_has_no_slot_that_could_contain():
    up = Hop("up", port_type=PortType.UPSTREAM_PORT, is_memory_decoding=True)
    hops = (Hop("root", is_dpc_triggered=False, is_link_active=True), up, Hop("card", vendor_id=0xFFFF))
    missing = triage(Case(ASKED, route=hops)).missing

    assert not any("DPC status" in words for words in missing)


def test_whether_a_virtual_function_decodes_is_asked_of_its_physical_function():
    virtual = Hop("vf", config=b"\xff" * 4 + bytes(60))
    missing = triage(Case(ASKED, route=(virtual,))).missing

    assert any("SR-IOV control of the physical function" in words for words in missing)
