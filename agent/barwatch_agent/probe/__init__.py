"""One look at one machine, without a collector: topology, settings, reads, and a verdict on each that was not ok.

``looking.py`` takes it, ``judging.py`` groups its verdicts, ``route.py`` says where the route of a function breaks, and
``tally.py`` counts outcomes over many looks. No text for people: that is ``probe_report``.
"""

from barwatch_agent.probe.looking import Eyes, Look, look

__all__ = ["Eyes", "Look", "look"]
