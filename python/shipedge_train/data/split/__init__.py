"""Folds and a test part without leaks: images that show the same water always go to the same side."""
