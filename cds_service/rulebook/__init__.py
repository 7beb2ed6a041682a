"""The rule book and the card gallery: pages for people, written from the rules, their value sets and their cases."""

from cds_service.rulebook.book import book_pages
from cds_service.rulebook.gallery import gallery_pages

__all__ = ["book_pages", "gallery_pages"]
