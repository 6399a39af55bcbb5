"""What a run leaves on disk, and where a new one may start.

`folder` and `history` need no Keras: a report reads them while the run is going.
"""
