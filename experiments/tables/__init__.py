"""One module for each kind of JSON in experiments/results: `lines(files)` gives its part of RESULTS.md."""
