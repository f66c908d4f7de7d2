"""The agent as a Windows service: what the service manager starts, and what its event log is told."""

NAME = "barwatch-agent"  # in the driver's access list (driver/windows/security.c) and in the package
