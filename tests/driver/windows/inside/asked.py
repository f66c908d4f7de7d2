"""What the driver says of itself to whoever opens it, by the agent's own calls; prints it."""

import json
import sys
from pathlib import PureWindowsPath

from driver import Driver

from barwatch_agent.driver.windows import NAME, open_device
from barwatch_agent.windows.calls import of_this_system


def asked() -> dict[str, object]:
    try:
        device = open_device(of_this_system().kernel32, PureWindowsPath(NAME))
    except OSError as error:
        return {"error": error.errno}
    known = device.info()
    device.close()
    with Driver(for_writing=False) as driver:
        counted = driver.info()
        limits = [counted[name] for name in ("page_size", "items_max", "rules_max", "maps_max", "handles_max")]
        return {
            "info": [known.abi, known.version, known.policy, known.rules, known.digest],
            "limits": limits,
            "features": counted["features"],
            "functions": counted["functions"],
            "read": driver.read(),
        }


json.dump(asked(), sys.stdout)
