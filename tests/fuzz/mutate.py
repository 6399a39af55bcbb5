"""Small valid files of every kind that the commands read, and ways to break them."""

import io
import json

import cv2
import numpy as np
from PIL import Image

SHAPE = (48, 64)
BOXES = [(5, 6, 20, 14), (30, 8, 44, 13), (10, 30, 50, 40)]  # left, top, right, bottom


def scene() -> np.ndarray:
    """(48, 64, 3) uint8 RGB: three bright rectangles on noisy water."""
    pixels = np.random.default_rng(0).integers(20, 60, (*SHAPE, 3)).astype(np.uint8)
    for left, top, right, bottom in BOXES:
        pixels[top:bottom, left:right] = 230
    return pixels


def _saved(form: str, pixels: np.ndarray | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[274] = 6
    more = {"exif": exif} if form in ("JPEG", "PNG", "WEBP", "TIFF") and options.pop("turned", False) else {}
    Image.fromarray(scene() if pixels is None else pixels).save(file, form, **options, **more)
    return file.getvalue()


def images() -> dict[str, bytes]:
    """Valid images by name."""
    deep = scene().astype(np.uint16) * 257
    return {
        "a.jpg": _saved("JPEG", quality=90),
        "turned.jpg": _saved("JPEG", quality=90, turned=True),
        "progressive.jpg": _saved("JPEG", progressive=True),
        "a.png": _saved("PNG"),
        "turned.png": _saved("PNG", turned=True),
        "deep.png": cv2.imencode(".png", deep)[1].tobytes(),
        "a.webp": _saved("WEBP", quality=90),
        "lossless.webp": _saved("WEBP", lossless=True, turned=True),
        "a.tif": _saved("TIFF"),
        "lzw.tif": _saved("TIFF", compression="tiff_lzw", turned=True),
        "jpeg.tif": _saved("TIFF", compression="jpeg"),
        "deep.tif": cv2.imencode(".tif", deep)[1].tobytes(),
        "float.tif": cv2.imencode(".tif", scene()[..., 0].astype(np.float32))[1].tobytes(),
        "a.bmp": _saved("BMP"),
        "a.jp2": _saved("JPEG2000"),
        "a.ppm": _saved("PPM"),
        "digits.pgm": b"P2 4 3 9\n" + b" ".join(b"%d" % (k % 10) for k in range(12)) + b"\n",
    }


def masks() -> dict[str, bytes]:
    """Valid masks by name."""
    mask = np.zeros(SHAPE, np.uint8)
    labels = mask.copy()
    for number, (left, top, right, bottom) in enumerate(BOXES, 1):
        mask[top:bottom, left:right], labels[top:bottom, left:right] = 255, number
    palette = Image.frombytes("P", SHAPE[::-1], labels.tobytes())
    palette.putpalette([0, 0, 0, 200, 0, 0, 0, 200, 0, 0, 0, 200])
    file = io.BytesIO()
    palette.save(file, "PNG", bits=2)
    clear = np.dstack([np.full_like(mask, 255)] * 3 + [mask])
    return {"mask.png": _saved("PNG", mask), "palette.png": file.getvalue(), "clear.png": _saved("PNG", clear)}


def coco() -> dict[str, object]:
    """A COCO object of three polygons, one box and one crowd."""
    image = {"id": 1, "file_name": "a.jpg", "height": SHAPE[0], "width": SHAPE[1]}
    objects = [
        {"id": k, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 1.5, "bbox": [x, y, r - x, b - y],
         "segmentation": [[x, y, r, y, r, b, x, b]]}
        for k, (x, y, r, b) in enumerate(BOXES, 1)
    ]  # fmt: skip
    crowd = {"size": list(SHAPE), "counts": [100, 20, SHAPE[0] * SHAPE[1] - 120]}
    objects.append({"id": 8, "image_id": 1, "category_id": 1, "iscrowd": 1, "segmentation": crowd})
    objects.append({"id": 9, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": []})
    return {"images": [image], "annotations": objects, "categories": [{"id": 1, "name": "ship"}]}


def yolo() -> str:
    """Three polygons."""
    height, width = SHAPE
    corners = (((x, y), (r, y), (r, b), (x, b)) for x, y, r, b in BOXES)
    return "".join("0 " + " ".join(f"{x / width:.5f} {y / height:.5f}" for x, y in four) + "\n" for four in corners)


def airbus() -> str:
    """Three ships of one image, and one image without."""
    rows = []
    for left, top, right, bottom in BOXES:
        runs = (f"{column * SHAPE[0] + top + 1} {bottom - top}" for column in range(left, right))
        rows.append("a.jpg," + " ".join(runs))
    return "ImageId,EncodedPixels\n" + "\n".join(rows) + "\nb.jpg,\n"


def broken(content: bytes, rng: np.random.Generator, others: list[bytes]) -> bytes:
    """Bytes flipped, cut, doubled, taken out, zeroed, exchanged or joined with another file."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(0, max(len(data), 1)))
        length = int(rng.integers(1, 64))
        match int(rng.integers(0, 9)):
            case 0 if data:
                data[at % len(data)] ^= 1 << int(rng.integers(0, 8))
            case 1 if data:
                data[at % len(data)] = int(rng.choice([0, 1, 0x7F, 0x80, 0xD8, 0xD9, 0xDA, 0xFF]))
            case 2:
                del data[at:]
            case 3:
                del data[at : at + length]
            case 4:
                data[at:at] = data[at : at + length]
            case 5:
                data[at : at + length] = bytes(len(data[at : at + length]))
            case 6:
                data[at:at] = rng.bytes(length)
            case 7:
                data += others[int(rng.integers(len(others)))]
            case _:
                data[at : at + 4] = int(rng.choice([0, 1, 255, 65535, 2**31 - 1, 2**32 - 1])).to_bytes(4, "big")
    return bytes(data)


VALUES: list[object] = [None, 0, -1, 1, 1.5, 1e308, float("nan"), float("inf"), 2**31, 2**70, True]
VALUES += ["", "7", "a.jpg", "../a.jpg", "\x1b[2J", "\ud800"]
VALUES += [[], {}, [[]], [[1, 2]], [1, 2, 3], {"counts": []}, {"size": [1, 1], "counts": "1"}]


def misshapen(value: object, rng: np.random.Generator) -> object:
    """The same JSON value with one of its parts replaced, dropped or doubled."""
    copy = json.loads(json.dumps(value))
    places: list[tuple[object, object]] = []

    def walk(part: object) -> None:
        keys = part.keys() if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
        for key in keys:
            places.append((part, key))
            walk(part[key])

    walk(copy)
    if not places:
        return copy
    parent, key = places[int(rng.integers(len(places)))]
    match int(rng.integers(0, 4)):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, list):
            parent.append(parent[key])
        case _:
            parent[key] = VALUES[int(rng.integers(len(VALUES)))]
    return copy
