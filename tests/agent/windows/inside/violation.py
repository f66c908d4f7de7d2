"""What becomes of a mapping process whose page is nowhere; prints the replies.

The page is one that no driver ever mapped: address 0x100 of the process itself, where nothing ever is.
"""

import json
import sys

from barwatch_agent.access import mapping_process
from barwatch_agent.access.mapping import MappingClient, Request

SCRIPT = f"""
source = open({mapping_process.__file__!r}, encoding="utf-8").read()
names = {{"__name__": "child"}}
exec(source, names)
names["DriverPages"].find = lambda self, path, asked: 0x100
names["main"]()
"""

client = MappingClient(command=(sys.executable, "-I", "-S", "-c", SCRIPT))
replies = client.read([Request(0, 4, device=b"nowhere", asked=bytes(56)), Request(0, 4, file=b"no such file")])
client.close()
print(json.dumps([getattr(each, "reason", None) or getattr(each, "error", None) for each in replies]))  # noqa: T201
