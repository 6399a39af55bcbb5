"""The real images, where they are at hand: everything decodes, and no scene is torn apart."""

from pathlib import Path

import numpy as np
import pytest

from shipedge_train.dataset import read_dataset, split_by_scene
from shipedge_train.loader import whole_images

AIRBUS = Path(__file__).parents[3] / "shared" / "data" / "airbus"


@pytest.mark.shared
def test_real_images_decode_and_split_by_scene():
    if not AIRBUS.is_dir():
        pytest.skip(f"the real images are not at {AIRBUS}")
    images = read_dataset(AIRBUS)
    train, validation = split_by_scene(images, 0.3)
    assert not {p.scene for p in train} & {p.scene for p in validation}
    assert len({p.scene for p in images}) < len(images)  # scenes.csv was read
    seen = list(whole_images(images[:12]))
    assert sum(len(images) for images, _ in seen) == 12
    assert set(np.unique(np.concatenate([masks for _, masks in seen]))) == {0, 1}
