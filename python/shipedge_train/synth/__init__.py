"""Rendered Airbus-like scenes with exact ship labels, to train on without anyone's images."""
