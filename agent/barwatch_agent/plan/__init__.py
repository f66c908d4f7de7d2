"""The plan: which registers are read, on which functions, how often. README.md beside this file is the schema."""

from barwatch_agent.plan.library import Plan, load_plan
from barwatch_agent.plan.locate import targets

__all__ = ["Plan", "load_plan", "targets"]
