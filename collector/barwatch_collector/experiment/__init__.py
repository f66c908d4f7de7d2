"""The next experiment: what change to the fleet would tell most about what causes its failures; arithmetic, no I/O."""
