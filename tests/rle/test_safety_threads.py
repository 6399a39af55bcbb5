"""Many threads on shared values: nothing is torn, nothing is lost, nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import reference
from shipedge import rle

THREADS = 8
SHAPE = (130, 97)


def in_threads(work, count=THREADS):
    """Runs `work(number)` in as many threads at the same time; the first failure is raised."""
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(work, number) for number in range(count)]:
            done.result(timeout=120)


def some_masks(count, seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.random(SHAPE) < density).astype(np.uint8) for density in rng.random(count)]


def test_shared_values():
    masks = some_masks(6)
    values = [rle.Rle.from_mask(mask) for mask in masks]
    texts = [reference.encode(mask) for mask in masks]
    both = [np.maximum(masks[i], masks[i - 1]) for i in range(6)]
    ious = rle.iou_matrix(values, values)

    def work(number):
        out = np.empty(SHAPE, np.uint8)
        for turn in range(60):
            i = (number + turn) % 6
            value = values[i]
            assert value.area == masks[i].sum()
            assert value.bbox == reference.bbox(masks[i])
            assert value.to_airbus() == texts[i]
            assert value.runs.shape[0] == texts[i].count(" ") // 2 + bool(texts[i])
            np.testing.assert_array_equal(value.to_mask(out), masks[i])
            np.testing.assert_array_equal(rle.union([value, values[i - 1]], SHAPE).to_mask(), both[i])
            np.testing.assert_array_equal(rle.iou_matrix(values, values), ious)
            assert (value == values[i - 1]) == (texts[i] == texts[i - 1])
            assert hash(value) == hash(rle.parse(texts[i], SHAPE))

    in_threads(work)


def test_shared_inputs_and_own_outputs():
    masks = some_masks(12, seed=1)
    rows = [[reference.encode(masks[i]), reference.encode(masks[i - 1])] for i in range(12)]
    truth = np.stack([np.maximum(masks[i], masks[i - 1]) for i in range(12)])
    noise = (np.random.default_rng(2).random((768, 768)) < 0.5).astype(np.uint8)
    long_text = reference.encode(noise)

    def work(number):
        out = np.empty((12, *SHAPE), np.uint8)
        for turn in range(25):
            rle.decode_batch(rows, out)
            np.testing.assert_array_equal(out, truth)
            if turn % 8 == number:
                assert rle.encode(noise) == long_text
                np.testing.assert_array_equal(rle.decode(long_text), noise)

    in_threads(work)


def test_each_thread_has_its_own_slice_of_one_array():
    masks = some_masks(THREADS * 4, seed=3)
    rows = [[reference.encode(mask)] for mask in masks]
    out = np.full((len(masks), *SHAPE), 9, np.uint8)

    def work(number):
        for _ in range(20):
            mine = slice(4 * number, 4 * number + 4)
            rle.decode_batch(rows[mine], out[mine])

    in_threads(work)
    np.testing.assert_array_equal(out, masks)


def test_lists_that_change_while_they_are_read():
    text = reference.encode(some_masks(1)[0])
    row = [text] * 50
    stop = []

    def work(number):
        if number == 0:
            for turn in range(3000):
                row[turn % 50 :] = [text] * (turn % 70)
            stop.append(True)
        while not stop:
            rle.decode_union(row, SHAPE)

    in_threads(work, 4)


def test_errors_of_one_thread_leave_the_others_alone():
    truth = some_masks(1, seed=5)[0]
    text = reference.encode(truth)

    def work(number):
        for turn in range(300):
            if number % 2:
                try:
                    rle.decode(text + f" 1 {turn}", SHAPE)
                except ValueError as error:
                    assert "starts at 1, expected" in str(error)  # noqa: PT017 - in a thread, many times
                else:
                    raise AssertionError("not refused")
            else:
                np.testing.assert_array_equal(rle.decode(text, SHAPE), truth)

    in_threads(work)


def test_one_batch_painted_by_all():
    """Each call paints all masks of one turn; whoever comes last is what is seen."""
    masks = np.stack(some_masks(3 * THREADS, seed=6)).reshape(THREADS, 3, *SHAPE)
    rows = [[[reference.encode(mask)] for mask in turn] for turn in masks]
    out = np.empty((3, *SHAPE), np.uint8)
    batch = rle.MaskBatch(out, 2)

    def work(number):
        for turn in range(40):
            batch.paint(rows[(number + turn) % THREADS])

    in_threads(work)
    np.testing.assert_array_equal(batch.paint(rows[0]), masks[0])
    assert sum(np.array_equal(out, turn) for turn in masks) == 1


def test_masks_of_the_pool_belong_to_one_holder():
    """A mask that is dropped in one thread may become another's; a view of it keeps it."""
    masks = [np.kron(mask, np.ones((8, 8), np.uint8)) for mask in some_masks(6, seed=7)]
    texts = [reference.encode(mask) for mask in masks]
    shape = masks[0].shape
    shared = []

    def work(number):
        kept = []
        for turn in range(60):
            i = (number + turn) % 6
            mask = rle.decode(texts[i], shape)
            kept.append((i, mask[5:, 7:]))
            shared.append(mask)
            if turn % 3 == 0:
                shared.pop(0)
            if turn % 7 == 0:
                kept.pop(0)
        for i, view in kept:
            np.testing.assert_array_equal(view, masks[i][5:, 7:])

    in_threads(work, 4)


def test_one_csv_read_by_all(tmp_path):
    masks = some_masks(20, seed=8)
    path = tmp_path / "ships.csv"
    lines = [f"{i}.jpg,{reference.encode(mask)}\n" for i, mask in enumerate(masks)]
    path.write_text("ImageId,EncodedPixels\n" + "".join(lines))
    index = rle.open_csv(path)

    def work(number):
        out = np.empty((2, *SHAPE), np.uint8)
        for turn in range(60):
            i = (number + turn) % 20
            np.testing.assert_array_equal(index.decode(f"{i}.jpg", SHAPE), masks[i])
            index.decode_batch([f"{i}.jpg", f"{i - 1 if i else 19}.jpg"], out)
            np.testing.assert_array_equal(out, [masks[i], masks[i - 1]])
            assert index[f"{i}.jpg"] == [reference.encode(masks[i])]
            assert len(list(index)) == 20

    in_threads(work)


def test_masks_that_change_while_they_are_read():
    """The result is nobody's mask then, but it is a mask: runs in order, inside the image."""
    rng = np.random.default_rng(9)
    pixels = rng.random((300, 512)) < 0.5
    layouts = [pixels, np.asfortranarray(pixels), pixels.astype(np.int32)]
    stop = []

    def work(number):
        if number == 0:
            for turn in range(400):
                for layout in layouts:
                    layout[...] = (turn % 3 == 0) if turn % 2 else rng.random((300, 512)) < 0.5
            stop.append(True)
        layout = layouts[number % 3]
        while not stop:
            value = rle.Rle.from_mask(layout)
            assert rle.Rle(value.runs, value.shape) == value == rle.parse(value.to_airbus(), value.shape)
            rle.parse(rle.encode(layout), layout.shape)
            rle.parse(rle.encode(layout, order="C"), layout.shape, order="C")
            for part in rle.components(layout)[:3]:
                assert rle.Rle(part.runs, part.shape) == part
            for part in rle.from_labels(layout.view(np.uint8) if layout.itemsize == 1 else layout).values():
                assert rle.Rle(part.runs, part.shape) == part

    in_threads(work, 4)
