"""Whether a newer schema breaks whoever sends what the older one took. Static: it compares the descriptions; what
really came is held against a candidate by `partner-gateway policy replay --contents`.
"""

from pathlib import Path

from policies.jsonschemachanges import json_schema_changes
from translators.changes import Change
from translators.edifact.guidelinechanges import guideline_changes
from translators.edifact.guidelines import guideline
from translators.xmldoc.schemachanges import xsd_changes


def breaking_changes(older: Path, newer: Path) -> list[Change]:
    """Raises ValueError or FileProblems when the two cannot be compared."""
    if older.suffix != newer.suffix:
        raise ValueError(f"`{older.name}` and `{newer.name}` are not of one kind")
    match newer.suffix:
        case ".json":
            return json_schema_changes(older, newer)
        case ".xsd":
            return xsd_changes(older, newer)
        case ".yaml":
            return guideline_changes(guideline(older), guideline(newer))
    raise ValueError(f"`{newer.name}` is neither a JSON Schema (.json), an XSD (.xsd) nor a guideline (.yaml)")
