import json

import pytest

from shipedge.system.machine import describe


@pytest.fixture
def system(tmp_path):
    """write(path, text): one file of a system."""

    def write(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text)

    return write


def test_an_empty_system_tells_nothing(tmp_path):
    found = describe(tmp_path, tmp_path)
    assert (found["cpu_limit"], found["cameras"], found["thermal"]) == (None, [], [])
    assert found["cores"] >= 1
    json.dumps(found)


def test_the_first_node_of_each_camera(tmp_path, system):
    for node, index, name in (
        ("video0", b"0\n", b"HD Webcam\n"),
        ("video1", b"1\n", b"HD Webcam\n"),
        ("video10", b"0", b"\xff"),
    ):
        system(f"class/video4linux/{node}/index", index)
        system(f"class/video4linux/{node}/name", name)
    assert describe(tmp_path, tmp_path)["cameras"] == [
        {"device": str(tmp_path / "video0"), "name": "HD Webcam"},
        {"device": str(tmp_path / "video10"), "name": "\ufffd"},
    ]


def test_temperatures_and_their_limits(tmp_path, system):
    system("class/thermal/thermal_zone0/type", b"cpu-thermal\n")
    system("class/thermal/thermal_zone0/temp", b"48312\n")
    for k, (kind, limit) in enumerate(
        [(b"passive", b"85000"), (b"passive", b"80000"), (b"critical", b"110000"), (b"hot", b"-1")]
    ):
        system(f"class/thermal/thermal_zone0/trip_point_{k}_type", kind)
        system(f"class/thermal/thermal_zone0/trip_point_{k}_temp", limit)
    system("class/thermal/thermal_zone1/temp", b"")  # a sensor that is off
    system("class/thermal/thermal_zone2/temp", b"-274000")
    assert describe(tmp_path, tmp_path)["thermal"] == [
        {"zone": "cpu-thermal", "celsius": 48.312, "limits": {"critical": 110.0, "passive": 80.0}}
    ]


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"cpu.max": b"150000 100000\n"}, 1.5),
        ({"cpu.max": b"max 100000\n"}, None),
        ({"cpu.max": b"50000"}, 0.5),
        ({"cpu.max": b"nonsense"}, None),
        ({"cpu.max": b"1 0"}, None),
        ({"cpu/cpu.cfs_quota_us": b"200000", "cpu/cpu.cfs_period_us": b"100000"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": b"-1", "cpu/cpu.cfs_period_us": b"100000"}, None),
    ],
)
def test_what_a_container_grants(tmp_path, system, files, limit):
    for name, text in files.items():
        system(f"fs/cgroup/{name}", text)
    assert describe(tmp_path, tmp_path)["cpu_limit"] == limit
