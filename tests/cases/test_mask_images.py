"""Masks as tools store them: in grey, colors, a palette or transparency; what is no mask is named."""

import io

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
import cv2
from PIL import Image

from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList
from shipedge.rle import encode

LABELS = np.zeros((40, 60), np.uint8)
LABELS[2:10, 3:20], LABELS[20:30, 5:9], LABELS[33:36, 30:50] = 1, 2, 3
SHIP = LABELS > 0
VOC = [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, *[9] * 753, 224, 224, 192]


def palette(values, colors=VOC):
    image = Image.frombytes("P", values.shape[::-1], values.tobytes())
    image.putpalette(colors)
    return image


def rgba(color, alpha):
    return Image.fromarray(np.dstack([color, color, color, alpha]).astype(np.uint8))


def png(image, **options):
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, "PNG", **options)
    return file.getvalue()


FULL = np.full_like(LABELS, 255)
MASKS = {
    "grey": png(255 * SHIP.astype(np.uint8)),
    "ones": png(SHIP.astype(np.uint8)),
    "1 bit": png(Image.fromarray(SHIP)),
    "16 bits": png(SHIP.astype(np.uint16) * 65535),
    "color": png(np.dstack([255 * SHIP.astype(np.uint8)] * 3)),
    "opaque": png(rgba(255 * SHIP, FULL)),
    "white on clear": png(rgba(FULL, 255 * SHIP)),
    "black on clear": png(rgba(0 * FULL, 255 * SHIP)),
    "black on clear white": png(rgba(255 * ~SHIP, 255 * SHIP)),
    "white on clear black": png(rgba(255 * SHIP, 255 * SHIP)),
    "grey and alpha": png(Image.merge("LA", [Image.fromarray(FULL), Image.fromarray(255 * SHIP.astype(np.uint8))])),
    "palette": png(palette(SHIP.astype(np.uint8))),
    "palette of 1 bit": png(palette(SHIP.astype(np.uint8), VOC[:6]), bits=1),
    "palette whose order an optimizer changed": png(palette((~SHIP).astype(np.uint8), [255] * 3 + [0] * 3)),
    "palette with a clear background": png(palette(SHIP.astype(np.uint8), [9, 9, 9, 200, 0, 0]), transparency=0),
}


@pytest.mark.parametrize("name", sorted(MASKS))
def test_a_mask_is_found_wherever_it_lies(tmp_path, name):
    (tmp_path / "a.png").write_bytes(MASKS[name])
    done = CliRunner().invoke(main, ["rle", "encode", str(tmp_path / "a.png")])
    assert (done.exit_code, done.stdout.strip()) == (0, encode(SHIP.astype(np.uint8))), done.output


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(png(LABELS), id="8 bits"),
        pytest.param(png(LABELS.astype(np.uint16)), id="16 bits"),
        pytest.param(png(palette(LABELS)), id="palette"),
        pytest.param(png(palette(LABELS), bits=2), id="palette of 2 bits"),
        pytest.param(png(palette(LABELS), bits=4), id="palette of 4 bits"),
        pytest.param(png(palette(np.where(np.roll(LABELS, 1) & ~LABELS & 1, 255, LABELS).astype(np.uint8))), id="VOC"),
    ],
)
def test_numbers_of_a_label_image(tmp_path, image):
    (tmp_path / "a.png").write_bytes(image)
    ((_, shape, ships),) = read_labelled(tmp_path, "labels", ImageList(), [])
    assert shape == LABELS.shape
    found = [np.flatnonzero(ship.to_mask()) for ship in ships]
    assert len(found) == 3
    for number, pixels in enumerate(found, 1):
        np.testing.assert_array_equal(pixels, np.flatnonzero(number == LABELS))


SOFT = cv2.resize(cv2.resize(255 * SHIP.astype(np.uint8), (23, 17)), (60, 40), interpolation=cv2.INTER_LINEAR)
RINGING = cv2.imdecode(cv2.imencode(".jpg", 255 * SHIP.astype(np.uint8))[1], cv2.IMREAD_GRAYSCALE)
BORDER = np.where(cv2.dilate(LABELS, np.ones((3, 3), np.uint8)) * (LABELS == 0) > 0, 255, LABELS).astype(np.uint8)


@pytest.mark.parametrize(
    ("image", "kind", "sentence"),
    [
        (png(SOFT), "png", "several values other than 0: a label image, or a mask that was resized"),
        (
            png(SOFT),
            "labels",
            "values that lie as in a photograph, or in a mask that was resized, blurred or stored as",
        ),
        (png(RINGING), "png", "several values other than 0"),
        (png(BORDER), "labels", "has a value 255 around its objects, as label images of PASCAL VOC have"),
        (png(np.where(BORDER == 255, 255, BORDER // 3)), "labels", "has a value 255 around its objects"),
        (
            png(palette(SHIP.astype(np.uint8), [0] * 768)),
            "png",
            "uses 2 colors of its palette, some of which are the same",
        ),
        (
            png(palette(LABELS, [0] * 6 + [255] * 6)),
            "labels",
            "uses 4 colors of its palette, some of which are the same",
        ),
        (png(LABELS), "png", "several values other than 0"),
        (png(palette(LABELS, [9, 1, 0, *VOC[3:]])), "labels", "a color image whose palette does not begin with black"),
        (png(rgba(255 * SHIP, 255 * (LABELS < 2))), "png", "holds two masks, one in its colors and another"),
        (cv2.imencode(".jpg", LABELS)[1].tobytes(), "png", "is a JPEG, whose compression changes values"),
        (png(np.dstack([LABELS, LABELS * 2, LABELS])), "labels", "is a color image, expected a grey mask"),
    ],
)
def test_what_is_no_mask_is_named(tmp_path, image, kind, sentence):
    (tmp_path / "a.png").write_bytes(image)
    done = CliRunner().invoke(main, ["rle", "convert", str(tmp_path), str(tmp_path / "x.csv"), "--from", kind])
    assert done.exit_code == 1, done.output
    assert sentence in done.stderr
    assert not (tmp_path / "x.csv").exists()


def numbered(count, first=1, kind=np.uint8, gap=2):
    """Ships of 8x6 pixels in rows of 16; those of a row touch where the gap is 0."""
    values = np.zeros((200, 16 * (6 + gap)), kind)
    for k in range(count):
        row, column = k // 16 * 10, k % 16 * (6 + gap)
        values[row : row + 8, column : column + 6] = first + k
    return values


@pytest.mark.parametrize(
    ("values", "ships"),
    [
        pytest.param(numbered(255), 255, id="255 ships, the last of them number 255"),
        pytest.param(numbered(300, kind=np.uint16), 300, id="300 ships"),
        pytest.param(numbered(3, 24, gap=0), 3, id="3 moored ships of a larger scene"),
        pytest.param(numbered(3, 1001, np.uint16, gap=0), 3, id="3 moored ships of a scene of thousands"),
        pytest.param(numbered(48, gap=0), 48, id="3 rows of moored ships"),
        pytest.param(np.where(numbered(3) == 3, 255, numbered(3)), 3, id="1, 2 and 255, all of them ships"),
        pytest.param(numbered(1, 255), 1, id="one value"),
        pytest.param(cv2.resize(numbered(20), (96, 150), interpolation=cv2.INTER_NEAREST), 20, id="nearest neighbor"),
    ],
)
def test_ships_of_any_number_side_by_side(tmp_path, values, ships):
    (tmp_path / "a.png").write_bytes(png(values))
    ((_, _, found),) = read_labelled(tmp_path, "labels", ImageList(), [])
    assert len(found) == ships
    for ship, number in zip(found, np.unique(values[values > 0]), strict=True):
        np.testing.assert_array_equal(ship.to_mask() > 0, values == number)


NOISE = np.random.default_rng(0).normal(120, 20, (80, 100)).clip(1, 255).astype(np.uint8)
DISK = cv2.circle(np.zeros((80, 100), np.uint8), (50, 40), 25, 255, -1)
ENLARGED = [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(NOISE, id="photograph"),
        pytest.param(cv2.GaussianBlur(NOISE, (0, 0), 3), id="soft photograph"),
        pytest.param(np.kron(NOISE[:40, :50], np.ones((2, 2), np.uint8)), id="enlarged photograph"),
        pytest.param(
            palette(NOISE, [0, 0, 0, *range(1, 250), *range(3, 252), *range(3, 252), *[9] * 15]), id="palette"
        ),
        pytest.param(cv2.GaussianBlur(DISK, (0, 0), 6), id="blurred mask"),
        pytest.param(cv2.imdecode(cv2.imencode(".jpg", DISK)[1], 0), id="JPEG of a mask"),
        pytest.param(cv2.imdecode(cv2.imencode(".jpg", numbered(20))[1], 0), id="JPEG of labels"),
        pytest.param(cv2.resize(255 * (numbered(9) > 0).astype(np.uint8), (115, 190)), id="one mixed value"),
        *(
            pytest.param(cv2.resize(numbered(20, 1) * factor, (203, 289), interpolation=way), id=f"{way} {factor}")
            for way in ENLARGED
            for factor in (1, 12)
        ),
        pytest.param(cv2.resize(DISK, (64, 64), interpolation=cv2.INTER_LANCZOS4), id="ringing"),
    ],
)
def test_values_that_number_nothing_are_refused(tmp_path, values):
    (tmp_path / "a.png").write_bytes(png(values))
    with pytest.raises(
        DatasetError, match=r"a\.png has [0-9]+ values that lie as in a photograph, or in a mask that was"
    ):
        list(read_labelled(tmp_path, "labels", ImageList(), []))


def test_an_inverted_mask_is_asked_about(tmp_path):
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.png").write_bytes(png(255 * (~SHIP).astype(np.uint8)))
    done = CliRunner().invoke(main, ["rle", "convert", str(tmp_path / "masks"), str(tmp_path / "x.csv")])
    assert done.exit_code == 0
    assert "more than half of 1 mask is ship: 0 is sea, are they inverted?" in done.stderr
