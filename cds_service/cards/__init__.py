"""What a clinician reads: findings as CDS Hooks cards, with words, suggestions and the explanation of each."""
