"""Environment variables over which OpenCV ends the process: it parses them before anybody can catch an error."""

from __future__ import annotations

import os
import re

_NUMBERS = re.compile(
    r"OPENCV_(IO_MAX_\w+|IMGCODECS_\w+_SIZE|FFMPEG_(READ_ATTEMPTS|DECODE_ATTEMPTS|THREADS)|FOR_THREADS_NUM"
    r"|KMEANS_PARALLEL_GRANULARITY|THREAD_POOL_\w+|TRACE_(DEPTH|MAX)_\w+)"
)
_SWITCHES = re.compile(
    r"OPENCV_(BUFFER_AREA_ALWAYS_SAFE|DUMP_(CONFIG|ERRORS)|ENABLE_MEMALIGN|GAUSSIANBLUR_\w+|SKIP_CPU_BASELINE_CHECK"
    r"|OPENCL_(ALIGNMENT_\w+|CACHE_(CLEANUP|ENABLE|LOCK_ENABLE|WRITE)|DISABLE_\w+|ENABLE_\w+|VALIDATE_\w+)"
    r"|TRACE|TRACE_ITT_\w+|TRACE_SYNC_OPENCL|VIDEO(IO|CAPTURE|WRITER)_DEBUG|FFMPEG_IS_THREAD_SAFE)"
)
_NUMBER, _SWITCH = re.compile(r"[0-9]{1,15}([KkMm]b|[KM]B)?"), re.compile("[01]|[Tt]rue|TRUE|[Ff]alse|FALSE")


def drop_malformed() -> list[str]:
    """Take the variables that OpenCV could not parse out of the environment; a sentence for each."""
    notes = []
    for name, value in list(os.environ.items()):
        for names, values, expected in ((_NUMBERS, _NUMBER, "a number"), (_SWITCHES, _SWITCH, "0 or 1")):
            if names.fullmatch(name) and not values.fullmatch(value):
                del os.environ[name]
                notes.append(f"Note: {name} is {value[:40]!r}, expected {expected}: it is ignored")
    return notes
