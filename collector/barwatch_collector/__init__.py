"""The collector: stores what agents read, and answers which topologies fail."""
