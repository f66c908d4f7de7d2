"""How often the engine finds what was planted, beside other methods (CORRELATION.md, sections 3 and 4)."""
