"""The parts of `data.complete_journey`: reading the two sources, drawing samples, computing fields, writing tables."""
