"""Files in and out: read to a bound, written whole or not at all, and what people typed into them shown shortly."""
