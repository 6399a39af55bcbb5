import sys
from pathlib import Path

# pytest's importlib mode adds no folders to the path; reference.py is shared by the tests of this folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
