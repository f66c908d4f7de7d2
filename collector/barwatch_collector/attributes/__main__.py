"""Prints the table of attributes: ``python -m barwatch_collector.attributes > collector/ATTRIBUTES.md``."""

import sys

from barwatch_collector.attributes.printed import document

if __name__ == "__main__":
    sys.stdout.write(document())
