"""A command that stops when the console tells it to: calls in a thread what Windows calls in one of its own."""

import ctypes
import json
import sys
import threading

from barwatch_agent.command_line import stop_on_interrupt
from barwatch_agent.windows.console import CTRL_BREAK, CTRL_C

event = int(sys.argv[1])
stop = stop_on_interrupt()
windows = threading.Thread(target=ctypes.WinDLL("kernelbase").CtrlRoutine, args=(event,), daemon=True)
windows.start()
stopped = stop.wait(100)
windows.join(100 if event in {CTRL_C, CTRL_BREAK} else 0)
json.dump({"stopped": stopped, "is_held": windows.is_alive()}, sys.stdout)
