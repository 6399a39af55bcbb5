"""Scenes: images that are read window by window, so that memory does not grow with them (docs/design/adr/0019).

They are read by GDAL through rasterio, which the extra `geo` installs. Nothing of it is imported without need.
"""

from shipedge.scene.opening import open_scene
from shipedge.scene.place import Place
from shipedge.scene.reader import Scene

__all__ = ["Place", "Scene", "open_scene"]
