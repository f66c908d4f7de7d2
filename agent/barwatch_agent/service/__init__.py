"""The agent as a Windows service: what the service manager starts, and what its event log is told."""

NAME = (
    "barwatch-agent"  # the driver's access list names this service (driver/windows/security.c), the package installs it
)
