"""File formats, one module each: one way in, one way out, lossless."""
