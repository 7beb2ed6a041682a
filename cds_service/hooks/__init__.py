"""The HTTP face of the service: CDS Hooks 2.0.1 discovery, calls and feedback, and what operators ask."""
