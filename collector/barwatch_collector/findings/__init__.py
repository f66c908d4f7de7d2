"""What explains the failures of a fleet: cells of the store, their attributes, and the engine of ``correlate``."""
