"""Where a patient stands, in words and as JSON: the ladder, every trial with its verdict and evidence, what is missing."""

from cds_service.explain.story import explain
from cds_service.explain.text import as_text

__all__ = ["as_text", "explain"]
