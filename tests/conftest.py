"""What holds for every test."""

import signal
import sys
from pathlib import Path

import pytest

# pytest's importlib mode adds no folders to the path; reference.py is shared by several folders of tests.
sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard():
    """A test run that was started in the background ignores Ctrl-C, and so would every program it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_this_run(tmp_path_factory):
    """What is remembered between commands (models that ran here) is forgotten with the test run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
