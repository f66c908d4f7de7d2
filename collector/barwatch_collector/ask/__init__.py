"""The ``barwatch`` command: asks the collector's HTTP API and prints what it answers."""
