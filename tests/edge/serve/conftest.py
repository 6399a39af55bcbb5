"""A real `shipedge serve` with toy models, and a camera that shows it bright ships."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")
pytest.importorskip("fastapi", reason="FastAPI is not installed (extra serve)")
pytest.importorskip("paho.mqtt", reason="paho-mqtt is not installed (extra serve)")
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "streams"))

from running import Service, ships_film
from servers import Camera


@pytest.fixture
def camera():
    with Camera(ships_film()) as camera:
        yield camera


@pytest.fixture
def serve(toy_bundle_dir, tmp_path, camera):
    """serve("TOML", ...) -> a service that runs; without sources of its own it has the camera "harbor"."""
    services = []

    def start(config="", ready=True, **options):
        if "[sources" not in config:
            config += f'\n[sources.harbor]\nurl = "{camera.url()}"\n'
        service = Service(tmp_path, toy_bundle_dir, config, **options)
        services.append(service)
        return service.start(ready)

    yield start
    for service in services:
        if service.process.poll() is None:
            service.kill()
