"""The patient's history as dated events: pure functions of records, terminology and the day of judgement."""
