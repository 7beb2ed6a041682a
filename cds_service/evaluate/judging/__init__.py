"""Judging: each course, procedure and series of a therapy held against its standard and given its verdict."""

from cds_service.evaluate.judging.judge import judge

__all__ = ["judge"]
