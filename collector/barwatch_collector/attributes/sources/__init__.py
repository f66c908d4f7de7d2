"""Where values come from on each system, in words for people: each attribute names one of these.

What the agent does is in its own rooms; a test holds what is said here of a recorded Windows host against it.
"""
