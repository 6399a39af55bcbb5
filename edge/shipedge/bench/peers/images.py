"""Folders of mask images: nobody else writes PNG from runs, so a peer paints the mask and OpenCV writes it."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shipedge.bench.peers.peer import Peer, Shape, Skill


def painters(peers: Sequence[Peer]) -> Iterator[Peer]:
    """Each peer that is at home in C-order masks, with OpenCV behind it."""
    cv2 = importlib.import_module("cv2")

    def writer(union: Skill, options: list[int]) -> Skill:
        def write(rows: Mapping[str, list[str]], shape: Shape, folder: Path) -> Path:
            for image, texts in rows.items():
                cv2.imwrite(f"{folder}/{image.rpartition('.')[0]}.png", union(texts, shape) * 255, options)
            return folder

        return write

    for peer in peers:
        if "batch" in peer.skills:
            for kind, options in {"1-bit": [cv2.IMWRITE_PNG_BILEVEL, 1], "8-bit": []}.items():
                yield Peer(f"{peer.name}, {kind} PNG", {"images": writer(peer.skills["union"], options)})
