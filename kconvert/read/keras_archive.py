"""A `.keras` archive: its members, bounded, and never written to a place that their names say.

The weights are stored without compression by every Keras, so they are read where they lie; where another tool compressed
them, they are unpacked into a file without a name.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from kconvert.errors import CorruptSource, NotAModel, UnsafeSource
from kconvert.read.scan.archive import data_offset, scan_archive
from kconvert.read.scan.json_text import plain_json
from kconvert.read.scan.limits import LARGEST_ASSET, LARGEST_JSON
from kconvert.steps import step

CONFIG, METADATA, ASSETS = "config.json", "metadata.json", "assets/"
WEIGHTS = "model.weights.h5"
DAMAGES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError)


class KerasArchive:
    """An open archive.

    Raises:
        CorruptSource: not a readable zip file.
        UnsafeSource: one beyond the limits, or with members that no Keras writes.
        NotAModel: it holds no config.json.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise CorruptSource(
                f"{path}: a truncated or damaged zip archive ({error}): download or copy it once more"
            ) from None
        self._members = {member.filename: member for member in self._zip.infolist()}
        if CONFIG not in self._members:
            raise NotAModel(f"{path}: {self._content()}", code=self._content_code())
        scan_archive(self._zip, path, path.stat().st_size)

    def text(self, name: str) -> str:
        """A member as text (`config.json`)."""
        return self._bytes(name, LARGEST_JSON).decode("utf-8", "surrogateescape")

    def metadata(self) -> dict[str, Any]:
        """`keras_version` and whatever else the archive says of itself."""
        if METADATA not in self._members:
            return {}
        found = plain_json(self.text(METADATA), f"{self.path}: {METADATA}")
        return found if isinstance(found, dict) else {}

    def weights(self) -> IO[bytes]:
        """The HDF5 file in the archive, to be read late.

        Raises:
            CorruptSource: it is not there, or in a form that is not read.
        """
        if WEIGHTS not in self._members:
            others = [n for n in self._members if n.startswith("model.weights")]
            what = f"holds {others[0]}, not {WEIGHTS}" if others else f"holds no {WEIGHTS}"
            raise CorruptSource(
                f"{self.path}: {what}: save it again with model.save('model.keras') in the Keras that made it"
            )
        member = self._members[WEIGHTS]
        if member.compress_type == zipfile.ZIP_STORED:
            return io.BufferedReader(_Part(self.path, self._offset(member), member.file_size), 1 << 16)
        unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the tensors that are read from it
        try:
            with self._zip.open(member) as packed:
                shutil.copyfileobj(packed, unpacked, 1 << 20)
        except DAMAGES as error:
            raise CorruptSource(f"{self.path}: {WEIGHTS} cannot be unpacked ({error}): copy it once more") from None
        unpacked.seek(0)
        return unpacked

    def check_weights(self) -> None:
        """Compares the weights with the checksum that every zip archive has of each member.

        Raises:
            CorruptSource: they are other bytes than those that were stored.
        """
        member = self._members[WEIGHTS]
        checksum = 0
        with self.weights() as content:
            while block := content.read(1 << 22):
                checksum = zlib.crc32(block, checksum)
        if checksum != member.CRC:
            raise CorruptSource(f"{self.path}: {WEIGHTS} is damaged (its checksum is another one): copy it once more")

    def assets(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Path below `assets/` and content of each text file there."""
        for name in self._members:
            if name.startswith(ASSETS) and name.endswith(".txt"):
                yield (
                    tuple(name.removeprefix(ASSETS).split("/")),
                    self._bytes(name, LARGEST_ASSET).decode("utf-8", "surrogateescape"),
                )

    def _bytes(self, name: str, most: int) -> bytes:
        step(f"reading {name}")
        member = self._members[name]
        if member.file_size > most:
            raise UnsafeSource(
                f"{self.path}: {name} is {member.file_size:,} bytes; the limit is {most:,}", code="E_LIMIT"
            )
        try:
            with self._zip.open(member) as file:
                return file.read(most + 1)
        except DAMAGES as error:
            raise CorruptSource(f"{self.path}: {name} cannot be read ({error}): copy it once more") from None

    def _offset(self, member: zipfile.ZipInfo) -> int:
        with self.path.open("rb") as file:
            offset = data_offset(file, member, self.path)
        if offset + member.file_size > self.path.stat().st_size:
            raise CorruptSource(f"{self.path}: truncated: {member.filename} ends behind the file: copy it once more")
        return offset

    def _content(self) -> str:
        names = list(self._members)
        if any(n.endswith("data.pkl") for n in names):
            return "a PyTorch file, which holds a pickle; kconvert never reads one"
        inside = next((n for n in names if n.endswith((".h5", ".hdf5", ".keras", "saved_model.pb"))), None)
        if inside:
            return f"a zip archive without config.json that holds {inside}; unpack it first"
        return "a zip archive, not a model (a .keras file holds config.json)"

    def _content_code(self) -> str:
        return "E_CODE" if any(n.endswith("data.pkl") for n in self._members) else ""


class _Part(io.RawIOBase):
    """A part of a file as a file."""

    def __init__(self, path: Path, start: int, size: int) -> None:
        self._file = path.open("rb")
        self._start, self._size, self._place = start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        wanted = max(0, min(len(buffer), self._size - self._place))
        self._file.seek(self._start + self._place)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
