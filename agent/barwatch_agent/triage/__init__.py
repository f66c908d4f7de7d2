"""Evidence files: what a bug report tells of one read, as text, and the verdict on it."""
