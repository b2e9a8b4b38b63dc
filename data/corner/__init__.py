"""The parts of the embedded store: what is sold, who buys, how it looks and reads, and what goes wrong with it."""
