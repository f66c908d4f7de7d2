"""barwatch-agent on the simulated machine: its arguments are those of the command."""

import sys

import machine_told

from barwatch_agent import build
from barwatch_agent.__main__ import entry

build.of_this_system = machine_told.libraries
sys.argv[0] = "barwatch-agent"
entry()
