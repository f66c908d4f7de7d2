"""The JSON schema of evidence files, made from the types that read them."""

from typing import Any

import msgspec

from barwatch_agent.triage.entry import FORMAT, EvidenceEntry


def schema() -> dict[str, Any]:
    """What an evidence file may hold, as JSON Schema 2020-12; TOML and JSON have the same shape."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"barwatch evidence file, format {FORMAT}",
    } | msgspec.json.schema(EvidenceEntry)
