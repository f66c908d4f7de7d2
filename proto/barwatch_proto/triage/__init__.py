"""Triage: from the evidence of a read that was not ok to a failure class, with reasons.

``case.py`` is what is known, ``hop.py`` and ``situation.py`` decode it, ``questions_*.py`` ask yes-or-no questions of
it, ``table.py`` says which answers mean what, ``verdict.py`` reads the table from the top. No I/O, no clock, no state.
"""

from barwatch_proto.triage.case import Case, CaseRead, Hop
from barwatch_proto.triage.classes import FailureClass, Repetition
from barwatch_proto.triage.table import VERSION
from barwatch_proto.triage.verdict import Verdict, triage

__all__ = ["VERSION", "Case", "CaseRead", "FailureClass", "Hop", "Repetition", "Verdict", "triage"]
