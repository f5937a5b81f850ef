"""Which releases are at work."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("kconvert", "keras", "tensorflow", "h5py", "numpy")


def versions() -> dict[str, str]:
    """Of this package and what it stands on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
