"""One offline page about a training run and what its models see."""
