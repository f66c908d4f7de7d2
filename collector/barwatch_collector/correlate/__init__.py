"""Which configuration explains the failures, how sure that is, and what would settle it: arithmetic without I/O."""
