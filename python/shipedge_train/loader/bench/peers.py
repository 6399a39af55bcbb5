"""Others' ways to make the crops of a plan, each as its own documentation advises. Needs the `train` extra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.loader.bench.plan import Plan

Batches = Iterator[tuple[Any, Any]]


def tf_data(plan: Plan, shuffle: bool, decode: str) -> Batches:
    """tf.data from JPEG and PNG files; `decode` is "whole", "crop" (only the crop is decoded) or "cache"."""
    import tensorflow as tf

    def read(image: Any, mask: Any, place: Any) -> Any:
        jpeg = tf.io.read_file(image)
        if decode == "crop":
            window = tf.stack([place[1], place[0], plan.size, plan.size])
            pixels = tf.image.decode_and_crop_jpeg(jpeg, window, channels=3)
        else:
            pixels = tf.image.decode_jpeg(jpeg, channels=3)
        return pixels, tf.image.decode_png(tf.io.read_file(mask), channels=1), place

    def cut(pixels: Any, mask: Any, place: Any) -> Any:
        rows, columns = slice(place[1], place[1] + plan.size), slice(place[0], place[0] + plan.size)
        pixels, mask = pixels if decode == "crop" else pixels[rows, columns], mask[rows, columns]
        pixels, mask = tf.cond(
            place[2] > 0,
            lambda: (tf.transpose(pixels, (1, 0, 2)), tf.transpose(mask, (1, 0, 2))),
            lambda: (pixels, mask),
        )
        pixels, mask = tf.cond(
            place[3] > 0, lambda: (tf.reverse(pixels, [1]), tf.reverse(mask, [1])), lambda: (pixels, mask)
        )
        pixels, mask = tf.cond(
            place[4] > 0, lambda: (tf.reverse(pixels, [0]), tf.reverse(mask, [0])), lambda: (pixels, mask)
        )
        pixels.set_shape((plan.size, plan.size, 3))
        mask.set_shape((plan.size, plan.size, 1))
        return pixels, tf.cast(mask > 0, tf.float32)

    parallel = {"num_parallel_calls": tf.data.AUTOTUNE, "deterministic": not shuffle}
    if decode == "cache":  # each image once; a crop looks its image up
        names = sorted(set(zip(plan.images, plan.masks, strict=True)))
        number = {image: k for k, (image, _) in enumerate(names)}
        once = tf.data.Dataset.from_tensor_slices(([p for p, _ in names], [m for _, m in names]))
        decoded = once.map(lambda p, m: read(p, m, 0)[:2], **parallel | {"deterministic": True})
        kept = [tf.stack(column) for column in zip(*decoded, strict=True)]
        which = np.array([number[image] for image in plan.images], np.int32)
        crops = tf.data.Dataset.from_tensor_slices((which, plan.places))
        crops = crops.shuffle(len(which)) if shuffle else crops
        crops = crops.repeat().map(lambda k, place: cut(kept[0][k], kept[1][k], place), **parallel)
    else:
        crops = tf.data.Dataset.from_tensor_slices((plan.images, plan.masks, plan.places))
        crops = crops.shuffle(len(plan.images)) if shuffle else crops
        crops = crops.repeat().map(lambda *item: cut(*read(*item)), **parallel)
    return iter(crops.batch(plan.batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE))


def py_dataset(plan: Plan, shuffle: bool, workers: int, processes: bool) -> Batches:
    """keras.utils.PyDataset that decodes with OpenCV and paints masks with NumPy."""
    import keras
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter  # what model.fit() makes of it

    class Crops(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return len(plan.images) // plan.batch

        def __getitem__(self, step: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
            cv2.setNumThreads(1)
            samples = [_crop(plan, k) for k in range(step * plan.batch, (step + 1) * plan.batch)]
            return np.stack([s[0] for s in samples]), np.stack([s[1] for s in samples])

    crops = Crops(workers=workers, use_multiprocessing=processes, max_queue_size=10)
    adapter = PyDatasetAdapter(crops, shuffle=shuffle)

    def endless() -> Batches:
        while True:
            adapter.on_epoch_begin()
            yield from iter(adapter.get_tf_dataset())
            adapter.on_epoch_end()

    return endless()


def _crop(plan: Plan, k: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    left, top, transposed, mirror_x, mirror_y = plan.places[k]
    place = (slice(top, top + plan.size), slice(left, left + plan.size))
    pixels = cv2.cvtColor(cv2.imread(plan.images[k]), cv2.COLOR_BGR2RGB)[place]  # type: ignore[arg-type]
    mask = _painted(plan.ships[k])[place]
    if transposed:
        pixels, mask = pixels.transpose(1, 0, 2), mask.T
    turn = (slice(None, None, -1 if mirror_y else 1), slice(None, None, -1 if mirror_x else 1))
    return pixels[turn].astype(np.uint8, copy=False), mask[turn][..., np.newaxis].astype(np.float32)


def _painted(ships: tuple[str, ...]) -> NDArray[np.uint8]:
    """The recipe of the challenge's notebooks, run by run."""
    flat = np.zeros(768 * 768, np.uint8)
    for text in ships:
        numbers = np.asarray(text.split(), int)
        for start, length in zip(numbers[::2] - 1, numbers[1::2], strict=True):
            flat[start : start + length] = 1
    return flat.reshape(768, 768).T
