"""What clinicians did with the cards: cards shown and feedback on them, in SQLite, without names."""
