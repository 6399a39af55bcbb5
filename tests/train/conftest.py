"""A tiny dataset folder: six images of bright rectangles on a dark sea, two without ships."""

import cv2
import numpy as np
import pytest

from shipedge import rle
from shipedge.airbus import write_airbus

SHIPS = {
    "a.jpg": [(100, 200, 40, 20)],
    "b.jpg": [(300, 300, 64, 64), (600, 40, 20, 60)],
    "c.jpg": [],
    "d.jpg": [(0, 700, 30, 68)],
    "e.jpg": [],
    "f.jpg": [(400, 400, 90, 30)],
}
"""(top, left, height, width) of each ship."""


def draw(boxes):
    """Image (768, 768, 3) and one mask per ship."""
    rng = np.random.default_rng(sum(sum(box) for box in boxes))
    image = rng.integers(20, 60, (768, 768, 3), dtype=np.uint8)
    masks = []
    for top, left, height, width in boxes:
        mask = np.zeros((768, 768), np.uint8)
        mask[top : top + height, left : left + width] = 1
        image[mask > 0] = 220
        masks.append(mask)
    return image, masks


WIDTHS = {"segmenter": (4, 4, 6, 6, 8, 8), "detector": (4, 4, 6, 6, 8), "cascade": (4, 4, 6, 6, 8, 8)}


@pytest.fixture(scope="session")
def made_dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    (folder / "images").mkdir()
    rows = []
    for name, boxes in SHIPS.items():
        image, masks = draw(boxes)
        cv2.imwrite(str(folder / "images" / name), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        rows.append((name, [rle.encode(mask) for mask in masks]))
    write_airbus(folder / "ships.csv", rows)
    return folder


@pytest.fixture(scope="session")
def tiny_config():
    """Makes the smallest configuration that trains: tiny_config(kind, epochs, **changes of the train section)."""
    from shipedge_train.config import Config, DataConfig, ModelConfig, TrainConfig

    def make(kind, epochs=2, **changes):
        loss = "presence" if kind == "detector" else "bce_dice"
        return Config(
            model=ModelConfig(widths=WIDTHS[kind]),
            data=DataConfig(crop=64, batch=2, validation_share=0.4, validation_images=2),
            train=TrainConfig(**({"loss": loss, "epochs": epochs, "steps": 4} | changes)),
        )

    return make


@pytest.fixture(scope="session")
def finished(made_dataset, tiny_config, tmp_path_factory):
    """One finished run of each kind (do not change them) with the lines they reported: kind -> (folder, lines)."""
    from shipedge_train.progress import Console
    from shipedge_train.training.run import train

    root = tmp_path_factory.mktemp("finished")
    runs = {}
    for kind in WIDTHS:
        lines = []
        runs[kind] = (train(kind, made_dataset, tiny_config(kind), root / kind, console=Console(lines.append)), lines)
    return runs
