"""Getting a patient's records: from prefetch, from the client's FHIR server, or from both, within one time budget."""
