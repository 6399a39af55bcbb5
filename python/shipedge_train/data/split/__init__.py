"""Folds and a test part without leaks: pictures that show the same water always go to the same side."""
