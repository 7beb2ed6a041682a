"""FHIR R4 JSON as typed records: only the fields that rules read, decoded in one pass."""
