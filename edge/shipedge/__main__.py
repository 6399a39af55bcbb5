"""``python -m shipedge``: the same command as ``shipedge``, for an interpreter whose scripts are not on PATH."""

from shipedge.cli import main

if __name__ == "__main__":
    main(prog_name="shipedge")
