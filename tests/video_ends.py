"""How far a video can be read, and what is said at its end."""

from shipedge.errors import SourceError
from shipedge.sources.video import read_video


def read(path):
    """(number of frames, the sentence at the end)."""
    frames = 0
    try:
        for _ in read_video(str(path)):
            frames += 1
    except SourceError as error:
        return frames, str(error)
    return frames, ""
