"""A `.keras` archive: its members, bounded, and never written to a place that their names say.

The weights are stored without compression by every Keras, so they are read where they lie; where another tool compressed
them, they are unpacked into a file without a name.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from kconvert.errors import CorruptSource, NotAModel
from kconvert.read.architecture import LARGEST_JSON

CONFIG, METADATA, ASSETS = "config.json", "metadata.json", "assets/"
WEIGHTS = "model.weights.h5"
LARGEST_TEXT = 64 << 20
LARGEST_RATIO = 200
FLOOR = 64 << 20
MOST_MEMBERS = 100_000
HEADER = 30
DAMAGES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError)


class KerasArchive:
    """An open archive.

    Raises:
        CorruptSource: not a readable zip file, or one beyond the limits.
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
        members = self._zip.infolist()
        if len(members) > MOST_MEMBERS:
            raise CorruptSource(f"{path}: {len(members):,} members, which no .keras file has")
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            self._check(member)
            self._members[member.filename] = member
        if CONFIG not in self._members:
            raise NotAModel(f"{path}: {self._content()}")

    def text(self, name: str) -> str:
        """A member as text (`config.json`)."""
        return self._bytes(name, LARGEST_JSON).decode("utf-8", "surrogateescape")

    def metadata(self) -> dict[str, Any]:
        """`keras_version` and whatever else the archive says of itself."""
        if METADATA not in self._members:
            return {}
        try:
            found = json.loads(self.text(METADATA))
        except (ValueError, RecursionError) as error:
            raise CorruptSource(f"{self.path}: {METADATA} is not valid JSON: {error}") from None
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
                yield tuple(name.removeprefix(ASSETS).split("/")), self._bytes(name, LARGEST_TEXT).decode("utf-8")

    def _check(self, member: zipfile.ZipInfo) -> None:
        """Declared sizes against each other and against the file: a bomb is refused before a byte is unpacked."""
        name = member.filename
        if member.flag_bits & 1:
            raise CorruptSource(f"{self.path}: {name} is encrypted: unpack it with its password first")
        stored = member.compress_type == zipfile.ZIP_STORED
        if stored and member.file_size != member.compress_size:
            raise CorruptSource(f"{self.path}: {name} declares two sizes: download or copy it once more")
        if not stored and member.file_size > max(FLOOR, LARGEST_RATIO * member.compress_size):
            raise CorruptSource(
                f"{self.path}: {name} would unpack to {member.file_size:,} bytes from {member.compress_size:,}: "
                "a decompression bomb, which is not unpacked"
            )

    def _bytes(self, name: str, most: int) -> bytes:
        member = self._members[name]
        if member.file_size > most:
            raise CorruptSource(f"{self.path}: {name} is {member.file_size:,} bytes; the limit is {most:,}")
        try:
            with self._zip.open(member) as file:
                return file.read(most + 1)
        except DAMAGES as error:
            raise CorruptSource(f"{self.path}: {name} cannot be read ({error}): copy it once more") from None

    def _offset(self, member: zipfile.ZipInfo) -> int:
        """Where a member's bytes begin: behind its own header, whose name and extra field have lengths of their own."""
        with self.path.open("rb") as file:
            file.seek(member.header_offset)
            header = file.read(HEADER)
        if len(header) < HEADER or header[:4] != b"PK\x03\x04":
            raise CorruptSource(f"{self.path}: {member.filename} is not where the archive says: copy it once more")
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        offset = member.header_offset + HEADER + lengths
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
