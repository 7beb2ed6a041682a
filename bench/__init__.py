"""Speed of the service as a ratio to a floor, measured in one interleaved run. Never a test: figures, no assertion."""
