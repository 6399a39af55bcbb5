"""How fast is the loader on this machine, and against whom: the same crops, checked before they are timed."""
