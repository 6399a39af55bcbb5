"""`shipedge serve`: sources for weeks, a page to look at them, and events for others.

Two processes: one runs the models and writes the log, the other talks to browsers. Whatever the second one is sent, the
first goes on. `service.py` is the first, `web/` the second, `channel.py` what they say to each other.
"""
