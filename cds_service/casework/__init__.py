"""Cases of rules: patients written in short, built into real FHIR resources, judged, and held against what is expected."""
