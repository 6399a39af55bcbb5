"""Datasets before training: verified, split without leaks, looked at, and augmented into files."""
