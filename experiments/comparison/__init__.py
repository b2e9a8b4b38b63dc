"""The paper's comparison: trials, their scores, and what may be said about differences."""
