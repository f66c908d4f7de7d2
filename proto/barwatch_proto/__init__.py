"""What agent and collector share: the wire schema, the PCI vocabulary and the reading of what was recorded."""
