"""How good predictions are: metrics, slices and the report of a run."""
