"""How many experiments it takes until a planted cause is known, beside other ways to choose them (CORRELATION.md)."""
