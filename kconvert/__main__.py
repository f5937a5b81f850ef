"""`python -m kconvert`."""

from kconvert.cli import main

if __name__ == "__main__":
    main()
