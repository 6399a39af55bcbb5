"""Folders of images for the tests of archives."""

import pytest


@pytest.fixture
def images(image, tmp_path):
    """tmp_path/in: ten images with ships, two without, a broken one."""
    for k in range(12):
        image(tmp_path / "in" / f"{k:02d}.png", 300, 400, *([(50 + 20 * k, 60, 90 + 20 * k, 80)] if k % 6 else []))
    (tmp_path / "in" / "05b.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    return tmp_path / "in"


@pytest.fixture
def six_images(image, tmp_path):
    """{name: bytes} of six images, which lie in tmp_path/in as well."""
    for k in range(6):
        image(tmp_path / "in" / f"{k}.png", 300, 400, (50 + 20 * k, 60, 90 + 20 * k, 80))
    return {path.name: path.read_bytes() for path in sorted((tmp_path / "in").iterdir())}
