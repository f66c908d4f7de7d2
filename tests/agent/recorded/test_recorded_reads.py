"""The reads of a recorded host as text: what is wrong in them is named, and the documentation knows every key."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_agent import recorded
from barwatch_agent.errors import ConfigError
from barwatch_agent.recorded import RecordedHost, dump, parse
from barwatch_agent.recorded.parsing import _Document
from barwatch_agent.recorded.reads_text import DueTable, ReadsTable, RunTable, SeriesTable
from barwatch_agent.recorded.series import RecordedReads, RecordedSeries, Run, TakenEvidence
from barwatch_agent.recorded.taking import _packed
from barwatch_proto.pci import Address, BarKind
from barwatch_proto.snapshot import Setting
from barwatch_proto.telemetry import ConfigSpace, Evidence, MappedBar, Reread, SeenRegister
from barwatch_proto.topology import Bar
from barwatch_proto.words import Access, Outcome, State

HEAD = 'format = 1\n[host]\nname = "x"\ndescription = ""\nsource = ""\n'
READS = """
[reads]
began_at_ns = 1700000000000000000
[reads.taken_us]
user = [0, 1000000, 2000000]
[[reads.due]]
every_s = 1.0
passes = [0, 1, 2]
[[reads.series]]
function = "0000:01:00.0"
register = "gpu.scratch"
access = "user"
bar = 0
offset = 0x1f380
width = 4
runs = [{ outcome = "ok", value = 0x7666, count = 2 }, { outcome = "fault", reason = "SIGBUS" }]
"""
README = Path(recorded.__file__).parent / "README.md"
SERIES = "[[reads.series]]"


def evidence_with(number, more):
    """A piece of evidence before the series."""
    return f"[[reads.evidence]]\ntaken_in = {number}\nfunction = '0000:01:00.0'\ntaken_at_ns = 1\n{more}\n{SERIES}"


WRONG = (
    ("user = [0, 1000000, 2000000]", "user = [0, 2000000, 1000000]", "taken_us.user: times are whole numbers"),
    ("user = [0, 1000000, 2000000]", "user = [0]", "numbers of passes ascend from 0 to 0"),
    ("user = [0, 1000000, 2000000]", "user = [0, 1, 2]\nkernel = [0]", "each access has a time for each pass"),
    ("passes = [0, 1, 2]", "passes = [0, 1]", "3 reads, and it was due 2 times"),
    ("passes = [0, 1, 2]", "passes = [0, 2, 1]", "numbers of passes ascend from 0 to 2"),
    ("count = 2", "count = 1000000000000", "1000000000001 reads, and it was due 3 times"),
    ("count = 2", "count = -2", "a run has one value"),
    ("value = 0x7666, count = 2", "count = 2", "a run has one value"),
    ("value = 0x7666", "value = 0x1ffffffff", "a value does not fit 4 bytes"),
    ('"0000:01:00.0"', '"somewhere"', "not a PCI address: 'somewhere'"),
    ("width = 4", "width = 3", "width 3 is not 1, 2, 4 or 8"),
    ("bar = 0", "bar = 6", "bar 6 is not 0 to 5"),
    ("offset = 0x1f380", "offset = 0x1f382", "the offset is no multiple of width"),
    ('access = "user"', 'access = "kernel"', "no times are given for this access"),
    ('outcome = "ok"', 'outcome = "fine"', "'fine' is not a valid Outcome"),
    ("began_at_ns = 1700000000000000000", "began_at_ns = -1", "-1 is no time in nanoseconds since 1970"),
    ('register = "gpu.scratch"', 'register = "gpu.scratch"\ncolour = 1', "unknown field `colour`"),
    (SERIES, evidence_with(9, ""), "evidence of a pass that there is not"),
    (SERIES, evidence_with(0, "mood = 1"), "Evidence has no 'mood'"),
    (SERIES, evidence_with(0, "route = [{ data = 'xx' }]"), "Expected `str`, got `null`"),
)


def host_with(reads):
    return RecordedHost("x", "", "", reads=reads)


def test_reads_are_read():
    reads = parse((HEAD + READS).encode(), "x").reads

    assert reads.passes == 3
    assert reads.series[0].runs == (Run(Outcome.OK, 2, (0x7666,)), Run(Outcome.FAULT, 1, (), "SIGBUS"))
    assert [reply.value if reply else None for reply in reads.series[0].replies()] == [0x7666, 0x7666, None]


@pytest.mark.parametrize(("right", "wrong", "reason"), WRONG)
def test_what_is_wrong_in_reads_is_named(right, wrong, reason):
    assert right in READS

    with pytest.raises(ConfigError, match="x: ") as caught:
        parse((HEAD + READS.replace(right, wrong)).encode(), "x")
    assert reason in str(caught.value)


def test_a_register_at_two_places_is_an_error():
    series = READS[READS.index("[[reads.series]]") :]
    again = series.replace('"user"', '"kernel"').replace("0x1f380", "0x1f384")
    text = READS.replace("user = [0", "kernel = [0, 1, 2]\nuser = [0") + again

    with pytest.raises(ConfigError, match="a register of a function is at two places"):
        parse((HEAD + text).encode(), "x")


def test_a_newer_format_is_refused_and_says_what_to_do():
    with pytest.raises(ConfigError, match="format is 2, and this version reads format 1: a newer barwatch wrote it"):
        parse(HEAD.replace("format = 1", "format = 2").encode(), "x")


def test_evidence_survives_writing_and_reading():
    bar = Bar(0, BarKind.MEMORY_64, is_prefetchable=True, length_bytes=4096, start=None)
    space = ConfigSpace(Address(0, 1, 0, 0), bytes(range(256)), "why", driver="", is_gone=False, bars=(bar,))
    silent = ConfigSpace(Address(0, 2, 0, 0), b"", "it did not answer\nnot at all")
    reread = Reread("gpu.scratch", Access.USER, 5, Outcome.ALL_ONES, (1 << 64) - 1)
    evidence = Evidence(
        taken_at_ns=1_700_000_000_000_000_000,
        route=(space, silent),
        rereads=(reread,),
        after=(space,),
        reads=(Reread("x", Access.KERNEL, 6, Outcome.DENIED, None, "EPERM"),),
        registers=(SeenRegister("gpu.scratch", None, 0, 8, is_canary=True),),
        mapped=(MappedBar(0, 1 << 40),),
        is_virtual_machine=False,
    )
    reads = RecordedReads(
        1, {Access.USER: (0,)}, {1.0: (0,)}, (Setting("user_access", State.ON, "/sys"),), (),
        (TakenEvidence(0, Address(0, 1, 0, 0), evidence),),
    )  # fmt: skip

    assert parse(dump(host_with(reads)).encode(), "x").reads == reads


ONE_READ = st.sampled_from([None, *Outcome])


@given(st.lists(st.tuples(ONE_READ, st.integers(0, 3)), min_size=1, max_size=40))
def test_any_reads_survive_packing_writing_and_reading(told):
    """Read by read the same, however they are packed."""
    single = [
        Run(outcome, 1, (value,) if outcome in {Outcome.OK, Outcome.ALL_ONES, Outcome.MISMATCH} else ())
        for outcome, value in told
    ]
    series = RecordedSeries(Address(0, 1, 0, 0), "x", Access.USER, 0, 0, 4, 0.1, runs=tuple(_packed(single)))
    passes = tuple(range(len(told)))
    reads = RecordedReads(0, {Access.USER: passes}, {0.1: passes}, series=(series,))

    found = parse(dump(host_with(reads)).encode(), "x").reads

    plain = RecordedSeries(Address(0, 1, 0, 0), "x", Access.USER, 0, 0, 4, 0.1, runs=tuple(single))
    assert found == reads
    assert list(found.series[0].replies()) == list(plain.replies())


def keys_of_the_format():
    tables = (_Document, ReadsTable, SeriesTable, RunTable, DueTable)
    values = (Evidence, ConfigSpace, Reread, SeenRegister, MappedBar, Bar, Setting, TakenEvidence)
    yield from (name for table in tables for name in table.__struct_fields__)
    yield from (field.name for value in values for field in fields(value) if field.name != "evidence")


@pytest.mark.parametrize("key", sorted(set(keys_of_the_format())))
def test_the_readme_explains_every_key(key):
    assert f"`{key}`" in README.read_text(encoding="utf-8")


def test_the_example_of_the_readme_is_a_recorded_host():
    text = README.read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]

    assert parse(example.encode(), "README.md").reads.passes == 3
