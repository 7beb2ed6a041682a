"""An embedded FHIR R4 server for the demo and for tests, and the loader of the synthetic patients.

The server: ``create_fhir_blueprint(ResourceStore())`` in ``routes`` and ``store``. The patients: ``fixtures`` reads
them, ``fixture_server`` sends them to a FHIR server and removes them again.
"""
