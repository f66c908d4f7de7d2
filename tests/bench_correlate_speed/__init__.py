"""How long correlation takes, and how much memory, beside peers on the same table."""
