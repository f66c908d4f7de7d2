"""Reads the agent's clock of this Windows until it has moved on, and prints what it says."""

import json
import sys
import threading

from barwatch_agent.clock import system_clock

clock = system_clock()
first, slept_ns = clock.elapsed_ns(), clock.asleep_ns()
while clock.elapsed_ns() == first:
    clock.wait(threading.Event(), 0.01)
said = {
    "kind": type(clock).__name__,
    "moved_on_ns": clock.elapsed_ns() - first,
    "slept_meanwhile_ns": clock.asleep_ns() - slept_ns,
}
json.dump(said, sys.stdout)
