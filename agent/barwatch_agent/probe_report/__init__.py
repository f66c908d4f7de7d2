"""What looks found, as a screen for people and as JSON for programs.

``screen.py`` is the page of ``barwatch-agent probe``: the answer, then what fails (``trouble.py``: route, reads,
verdicts) and the settings that matter, or everything (``whole.py``). ``document.py`` is the same as JSON, described in
README.md next to it. ``watching.py`` repeats, ``course.py`` says what many looks came to,
``terminal.py`` knows what the terminal can show.
"""

from barwatch_agent.probe_report.document import as_json
from barwatch_agent.probe_report.screen import exit_code, show
from barwatch_agent.probe_report.terminal import console_for

__all__ = ["as_json", "console_for", "exit_code", "show"]
