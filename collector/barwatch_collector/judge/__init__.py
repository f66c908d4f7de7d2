"""Verdicts at the collector: episodes that have none, or one of an older table, are judged from what is stored."""

from barwatch_collector.judge.judge import Judge
from barwatch_collector.judge.metrics import JudgeMetrics

__all__ = ["Judge", "JudgeMetrics"]
