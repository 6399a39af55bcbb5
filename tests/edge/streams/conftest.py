import sys
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
sys.path.insert(0, str(Path(__file__).resolve().parent))
