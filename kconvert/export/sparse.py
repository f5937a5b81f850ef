"""A file in memory of which only what was written takes any."""

from __future__ import annotations

import io
import os
from typing import Any

PAGE = 1 << 16  # bytes


class SparseFile(io.RawIOBase):
    """Zeros wherever nothing was written, as in a sparse file on a disk; for h5py, which takes any file object."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}
        self._at = self.size = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def writable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place, which may be beyond the end."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def truncate(self, size: int | None = None) -> int:
        """The file ends there."""
        self.size = self._at if size is None else size
        return self.size

    def write(self, data: Any, /) -> int:
        """All of it."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            number, begin = divmod(self._at + done, PAGE)
            part = view[done : done + PAGE - begin]
            self._pages.setdefault(number, bytearray(PAGE))[begin : begin + len(part)] = part
            done += len(part)
        self._at += done
        self.size = max(self.size, self._at) if done else self.size
        return done

    def readinto(self, buffer: Any, /) -> int:
        """As much as there is."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self.size - self._at))
        done = 0
        while done < count:
            number, begin = divmod(self._at + done, PAGE)
            size = min(count - done, PAGE - begin)
            page = self._pages.get(number)
            view[done : done + size] = bytes(size) if page is None else page[begin : begin + size]
            done += size
        self._at += done
        return done
