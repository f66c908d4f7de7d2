"""The agent: reads PCIe registers on one host, records its topology and settings, and streams them to a collector."""
