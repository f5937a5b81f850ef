"""Writes what is generated from the maps."""

from kconvert.catalog.tables import write_all

if __name__ == "__main__":
    write_all()
