"""The program: `kconvert`, or `python -m kconvert`."""

import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109
    del sys.path[0]  # `python -m` looks for modules in the current folder, and one of models may hold a json.py


def main() -> None:
    """Runs one command; who interrupts it at once, while the command line is being imported, is answered too."""
    if sys.platform == "win32":
        sys.exit("error: kconvert runs on Linux and macOS; on Windows in WSL 2 or a container")
    from kconvert.interrupts import end_in_order

    end_in_order(lambda text: sys.stderr.write(f"error: {text}\n"))
    try:
        from kconvert import cli
    except ImportError as error:
        sys.exit(f"error: something that kconvert needs is missing or broken: {error}: install kconvert anew")
    cli.main()


if __name__ == "__main__":
    main()
