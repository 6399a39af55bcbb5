"""How late frames are, and which are wanted."""

import numpy as np
import pytest

from shipedge.sources.lag import Lag
from shipedge.sources.limits import Thin


def lags(clocks, times):
    lag = Lag()
    return np.array([lag.of(clock, time_s) for clock, time_s in zip(clocks, times, strict=True)])


def test_a_prompt_stream_is_never_late_whatever_the_drift_of_its_clock():
    times = np.arange(0, 7200, 0.04)
    for drift in (-1e-4, 0, 1e-4):
        assert lags(100 + times * (1 + drift), times).max() < 0.01


def test_slow_decoding_is_lag_that_grows():
    times = np.arange(0, 10, 0.04)
    assert lags(50 + times * 1.5, times)[-1] == pytest.approx(times[-1] * 0.5, rel=0.01)


def test_a_blocked_line_gives_old_frames_and_then_catches_up():
    times = np.arange(0, 4, 0.04)
    clocks = np.where((times > 1) & (times < 3), 3.0, times)
    found = lags(clocks, times)
    assert found[times < 1].max() == 0
    assert found[26] == pytest.approx(3 - times[26], abs=0.01)
    assert found[-1] == pytest.approx(0, abs=0.01)


def test_no_time_stamps_and_jumps_are_no_lag():
    clocks = np.arange(0, 100, 0.04)
    assert lags(clocks, np.zeros_like(clocks)).max() == 0
    jumping = np.where(clocks < 50, clocks, clocks - 40)  # the camera set its clock back
    assert lags(clocks, jumping).max() < 0.01
    assert lags(clocks, np.where(clocks < 50, clocks, clocks + 1e4)).max() < 0.01


@pytest.mark.parametrize("fps", [0.5, 2, 10, 25])
def test_frames_a_second(fps):
    random = np.random.default_rng(0)
    clocks = np.arange(0, 60, 1 / 25) + random.uniform(-0.004, 0.004, 1500)
    thin = Thin(fps, 1)
    wanted = [clock for clock in clocks if thin.wants(clock)]
    assert len(wanted) == pytest.approx(60 * fps, rel=0.03, abs=1)


def test_every_third():
    thin = Thin(None, 3)
    assert [thin.wants(0) for _ in range(7)] == [True, False, False, True, False, False, True]
