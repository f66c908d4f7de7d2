"""The driver's policy: which registers it may read, as a file that people review. README.md here is the schema."""
