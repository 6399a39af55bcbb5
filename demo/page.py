"""One offline page of what the demo has found: python demo/page.py OUT (which holds samples/ and flight/)."""

from __future__ import annotations

import base64
import html
import json
import sys
from pathlib import Path

import cv2

from shipedge import rle

SAMPLES = Path(__file__).parents[1] / "edge" / "shipedge" / "samples"
FOUND_AT = 0.5  # intersection over union
STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1100px; margin: auto; padding: 1rem }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 1.5rem }
figure { margin: 0 } figcaption { font-size: .9rem }
.pair { position: relative }
.pair img, .film { width: 100%; display: block; border-radius: 4px }
.film { max-width: 800px }
.pair .after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--at, 0%)) }
figure input { width: 100%; margin: .3rem 0 0 }
code { font-size: .95em }
"""
SLIDE = "this.previousSibling.style.setProperty('--at', this.value + '%')"


def data(path: Path, kind: str) -> str:
    """A file as an address that needs no file."""
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def counts(name: str, found: list[rle.Rle]) -> tuple[int, str]:
    """How many of the labelled ships are found, and a sentence that also says what else is."""
    truth = rle.open_csv(SAMPLES / "ships.csv").ships(name)
    hits = int((rle.iou_matrix(truth, found) > FOUND_AT).any(axis=1).sum()) if truth and found else 0
    return hits, f"{hits} of {len(truth)} ships found, false alarms: {len(found) - hits}"


def pairs(results: Path) -> list[str]:
    """Each sample before and after, most ships that are found first."""
    figures = []
    for line in (results / "predictions.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] != "frame":
            continue
        name = Path(event["source"]).name
        ships = [rle.parse(ship["rle"], tuple(event["shape"])) for ship in event["ships"]]
        before, after = (data(folder / name, "image/jpeg") for folder in (SAMPLES, results / "annotated"))
        hits, sentence = counts(name, ships)
        figures.append(
            (
                -hits,
                f'<figure><div class="pair"><img src="{before}" alt="before">'
                f'<img class="after" src="{after}" alt="after"></div>'
                f'<input type="range" value="0" aria-label="before and after" oninput="{SLIDE}">'
                f"<figcaption>{html.escape(f'{name}: {sentence}')}</figcaption></figure>",
            )
        )
    return [figure for _, figure in sorted(figures)]


def moving(video: Path, out: Path) -> Path:
    """The annotated video as an animated WebP, which every browser shows."""
    capture, film = cv2.VideoCapture(str(video)), cv2.Animation()
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1])
    film.frames, film.durations = frames, [round(1000 / capture.get(cv2.CAP_PROP_FPS))] * len(frames)
    cv2.imwriteanimation(str(out), film, [cv2.IMWRITE_WEBP_QUALITY, 60])
    return out


def page(out: Path) -> Path:
    """Write `out`/index.html."""
    film = data(moving(out / "flight" / "annotated" / "flight.mp4", out / "flight.webp"), "image/webp")
    text = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>shipedge: what the demo found</title><style>{STYLE}</style>
<h1>What the demo found</h1>
<p>Rendered scenes that come with the package, and the ships that the default models outline in them, with their
confidence scores. Counts compare with the labels at an intersection over union of {FOUND_AT}.</p>
<h2>A flight, with tracks</h2>
<img class="film" src="{film}" alt="annotated video">
<p>Ships of the samples, set in motion. <code>shipedge predict flight.mp4 --track --annotate</code> gives each ship an
id and draws its way; the same command watches a camera or an <code>rtsp://</code> stream.</p>
<h2>Samples, before and after</h2>
<p>Move a slider to the right to see the scene without outlines.</p>
<div class="pairs">{"".join(pairs(out / "samples"))}</div>
"""
    path = out / "index.html"
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    print(f"Open this page: {page(Path(sys.argv[1])).resolve()}")
