"""The one version of agent, collector and commands."""

__version__ = "0.1.0"
