"""Two ways to wait for what a process writes; both work on Linux, one on Windows."""

import subprocess
import sys

import pytest

from barwatch_agent.access.mapping import CRASHES
from barwatch_agent.access.output import SelectedOutput, ThreadedOutput

SAYS = "import sys; sys.stdout.write(sys.stdin.readline()); sys.stdout.flush(); sys.stdin.read()"


@pytest.fixture(params=[SelectedOutput, ThreadedOutput])
def process(request):
    with subprocess.Popen(
        [sys.executable, "-c", SAYS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as made:
        output = request.param(made.stdout)
        yield made, output
        made.stdin.close()
        made.wait()
        output.close()


def test_what_is_written_comes_and_then_the_end(process):
    made, output = process
    made.stdin.write(b"hello\n")

    assert output.read(60) == b"hello\n"
    made.stdin.close()
    assert output.read(60) == b""


def test_nothing_in_time_is_not_the_end(process):
    _, output = process

    assert output.read(0.01) is None


def test_the_exit_codes_of_windows_that_are_faults_are_known():
    assert CRASHES == {0xC0000005: "access violation", 0xC0000006: "in-page error"}
