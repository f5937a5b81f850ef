"""`python -m kconvert`."""

import sys
from pathlib import Path

if not sys.flags.safe_path and Path(sys.path[0]) == Path.cwd():
    del sys.path[0]  # a folder of models may hold a json.py

from kconvert.cli import main

if __name__ == "__main__":
    main()
