"""How fast is the run-length core beside its peers, and how near to what memory and files allow?

`works.py` lists the works with the floors we hold ourselves to, `peers/` the others, `timing.py` is the stopwatch.
"""
