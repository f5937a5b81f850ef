"""The program: `kconvert`, or `python -m kconvert`."""

import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109
    del sys.path[0]  # `python -m` looks for modules in the current folder, and one of models may hold a json.py

from kconvert.interrupts import end_in_order


def main() -> None:
    """Runs one command; who interrupts it at once, while the command line is being imported, is answered too."""
    end_in_order(lambda text: sys.stderr.write(f"error: {text}\n"))
    from kconvert import cli

    cli.main()


if __name__ == "__main__":
    main()
