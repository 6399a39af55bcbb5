"""What pybind11's own types offer must not end the process: each expression is a TypeError, or harmless."""

import subprocess
import sys

EXPRESSIONS = [
    "pickle.dumps(index, 0)",
    "pickle.dumps(index, 1)",
    "pickle.dumps(index, 4)",
    "pickle.dumps(batch, 0)",
    "pickle.dumps(batch, 1)",
    "pickle.dumps(batch, 4)",
    "index.__reduce__()",
    "batch.__reduce_ex__(1)",
    "copyreg._reduce_ex(value, 0)",
    "base()",
    "base.__new__(base)",
    "base.__new__(rle.Rle)",
    "base.__init__(value)",
    "object.__new__(base)",
    "type('Derived', (base,), {})()",
    "type(rle.Rle)('Derived', (base,), {})()",
    "base.__dict__['__new__'](type('Derived', (base,), {}))",
    "type(record)(0)",
    "type(record).__new__(type(record))",
    "object.__new__(type(record))",
    "record.__init__(2)",
]
PROGRAM = """
import copyreg, pathlib, pickle, sys
import numpy as np
from shipedge import rle

path = pathlib.Path(sys.argv[1])
path.write_text("ImageId,EncodedPixels\\na.jpg,1 2\\n")
names = {
    **globals(), "index": rle.open_csv(path), "batch": rle.MaskBatch(np.zeros((1, 4, 3), np.uint8)),
    "value": rle.parse("1 1"), "base": rle.Rle.__base__, "record": rle.parse.__self__,
}
for expression in sys.argv[2:]:
    print(expression, flush=True)
    try:
        eval(expression, names)
    except TypeError as error:
        print("TypeError:", error, flush=True)
assert pickle.loads(pickle.dumps(names["value"], 0)) == names["value"]
print("lives")
"""


def test_no_expression_ends_the_process(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "a.csv"), *EXPRESSIONS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "lives"
    assert lines[:-1:2] == EXPRESSIONS
    assert all(line.startswith("TypeError: ") for line in lines[1:-1:2])
