"""What holds for every test."""

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard():
    """A test run that was started in the background ignores Ctrl-C, and so would every program it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
