"""Makes a folder shaped like Kaggle's train_v2: rendered scenes under many names each, as hard links.

    shipedge synth pool --count 200 --seed 7
    python tests/kaggle_folder.py pool kaggle 40000

What `shipedge data verify`, `data split` and `train --config airbus` cost on it: docs/records/speed.md.
"""

import csv
import hashlib
import os
import sys
from pathlib import Path


def main(pool: Path, out: Path, count: int) -> None:
    """Link `count` images; each of the pool is there count / size of the pool times, with its rows."""
    (out / "train_v2").mkdir(parents=True)
    rows: dict[str, list[str]] = {}
    with (pool / "ships.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["ImageId"], []).append(row["EncodedPixels"])
    names = sorted(rows)
    with (out / "train_ship_segmentations_v2.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ImageId", "EncodedPixels"])
        for k in range(count):
            name = names[k % len(names)]
            link = f"{hashlib.sha256(str(k).encode()).hexdigest()[:9]}.jpg"
            os.link(pool / "images" / name, out / "train_v2" / link)
            writer.writerows([link, runs] for runs in rows[name])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
