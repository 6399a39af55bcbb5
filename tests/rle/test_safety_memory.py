"""What is asked for in a few bytes costs a few bytes: memory follows runs and texts, not the pixels they mean."""

import sys

import pytest

from limited import run_limited


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells how much is used")
@pytest.mark.parametrize(
    "code",
    [
        'assert rle.parse("4294967295 1", WIDE).area == 1',
        'assert rle.parse("1 4294967295", WIDE).area == 2**32 - 1',
        'assert rle.parse("7 4", WIDE, order="C").area == 4',
        "for number in (2**32 - 1, 2**32, 2**63, 2**64, 10**400):\n"
        '    refused(lambda: rle.parse(f"{number} {number}", WIDE))\n'
        '    refused(lambda: rle.parse(f"1 {number}"))\n'
        '    refused(lambda: rle.decode(f"{number} 1"))',
        'assert rle.union([value, rle.parse("9 4294967000", WIDE)], WIDE).area == 4294967005',
        "assert rle.iou_matrix([value] * 50, [value] * 50).min() == 1",
        'full = rle.parse("1 4294967295", WIDE)\n'
        "assert [part.area for part in rle.components(full)] == [2**32 - 1]\n"
        "assert rle.from_coco(rle.to_coco(full), WIDE) == full",
        "refused(lambda: rle.from_coco([2**32] * 9, WIDE))\nrefused(lambda: rle.from_coco([2**62, 2**62], WIDE))",
        "refused(lambda: rle.Rle([[0, 2**32]], WIDE))\nrefused(lambda: rle.Rle([[2**40, 2**40]], WIDE))",
        "# what must hold all pixels says that there is no memory for them\n"
        "refused(lambda: rle.decode('1 5', WIDE), MemoryError)\nrefused(lambda: value.to_mask(), MemoryError)\n"
        "refused(lambda: rle.decode_union([None], WIDE), MemoryError)",
        "refused(lambda: rle.decode('1 5 x', (600_000_000, 1)), (MemoryError, RleFormatError))\n"
        "assert rle.decode('1 5').sum() == 5",
    ],
)
def test_memory_follows_the_runs(code):
    run_limited(code)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells how much is used")
def test_memory_of_large_works_is_given_back():
    run_limited(
        "text = ' '.join(f'{start} 1' for start in range(1, 589_825, 2))\n"
        "for _ in range(30):\n"
        "    assert rle.parse(text).area == 294_912\n"
        "    mask = rle.decode(text)\n"
        "    assert rle.encode(mask) == text\n"
        "    assert len(rle.to_coco(rle.parse(text))) == 589_825\n"
    )
