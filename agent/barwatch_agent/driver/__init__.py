"""The barwatch driver as this agent speaks to it: what driver/include/barwatch_ioctl.h says, and nothing more."""
