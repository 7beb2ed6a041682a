"""Failed-therapy decision support over CDS Hooks and FHIR R4."""

__version__ = "0.1.0"
