"""Zip archives, SavedModel folders and checkpoints that break a rule (section F of the table)."""

import io
import os
import shutil
import stat
import struct
import zipfile

import numpy as np
from bad_files import SAMPLES, field, rezipped, sample, write

MODEL = SAMPLES / "word_tagger" / "model.keras"


def with_member(folder, name, content="x", method=zipfile.ZIP_STORED, attributes=0):
    """The sample with one member more."""
    path = sample(folder, "word_tagger", "model.keras")
    member = zipfile.ZipInfo(name)
    member.compress_type = method
    member.external_attr = attributes
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, content)
    return path


def with_symbolic_link(folder):
    return with_member(folder, "assets/words.txt", "/etc/passwd", attributes=(stat.S_IFLNK | 0o777) << 16)


def two_configs(folder):
    path = sample(folder, "word_tagger", "model.keras")
    with zipfile.ZipFile(path, "a") as archive:
        content = archive.read("config.json")
        archive.writestr("config.jsom", content.replace(b'"Dense"', b'"dense"'))
    return write(path, path.read_bytes().replace(b"config.jsom", b"config.json"))


def encrypted(folder):
    path = sample(folder, "word_tagger", "model.keras")
    content = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.index(signature)
        content[start + place] |= 1
    return write(path, bytes(content))


def packed_by(folder, method):
    return rezipped(folder, compression=getattr(zipfile, method))


def overlapping_members(folder):
    """Two entries of the table for the same bytes."""
    path = with_member(folder, "assets/aa.txt")
    content = bytearray(path.read_bytes())
    entries = [n for n in range(len(content)) if content[n : n + 4] == b"PK\x01\x02"]
    first = struct.unpack_from("<I", content, entries[0] + 42)[0]
    struct.pack_into("<I", content, entries[-1] + 42, first)
    return write(path, bytes(content))


def bad_checksum(folder, name):
    path = sample(folder, "word_tagger", "model.keras")
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(name)
    content = bytearray(path.read_bytes())
    place = content.index(name.encode(), member.header_offset) + len(name) + member.compress_size // 2
    content[place] ^= 1
    return write(path, bytes(content))


def many_members(folder):
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        for number in range(10_001):
            archive.writestr(f"assets/{number}", b"")
    return folder / "model.keras"


def config_of_80_mb(folder):
    """Packed to eighty kilobytes."""

    def change(members):
        members["config.json"] = b'"' + b"x" * (80 << 20) + b'"'

    return rezipped(folder, change, zipfile.ZIP_DEFLATED)


def renamed_inside(folder):
    """The member's own header has another name than the table."""
    path = sample(folder, "word_tagger", "model.keras")
    content = path.read_bytes()
    return write(path, content.replace(b"model.weights.h5", b"model.weights.h6", 1))


def npz_of_objects(folder):
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([{}], dtype=object))

    def change(members):
        del members["model.weights.h5"]
        members["model.weights.npz"] = buffer.getvalue()

    return rezipped(folder, change)


def zip_config_as(folder, text):
    return rezipped(folder, lambda members: members.update({"config.json": text.encode()}))


def metadata_as(folder, text):
    return rezipped(folder, lambda members: members.update({"metadata.json": text.encode()}))


def weights_that_are(folder, kind):
    """The HDF5 file inside goes through the same scan."""
    other = folder / "other"
    other.mkdir()
    from hostile import hdf5_files

    path = getattr(hdf5_files, kind)(other)
    content = path.read_bytes()
    shutil.rmtree(other)
    return rezipped(folder, lambda members: members.update({"model.weights.h5": content}))


def saved_model_with(folder, change):
    path = sample(folder, "price_model", "saved_model")
    if change == "a link out of it":
        shard = path / "variables" / "variables.data-00000-of-00001"
        shutil.move(shard, folder / "elsewhere")
        shard.symlink_to(folder / "elsewhere")
    elif change == "a linked graph":
        shutil.move(path / "saved_model.pb", folder / "elsewhere")
        (path / "saved_model.pb").symlink_to(folder / "elsewhere")
    elif change == "a pipe":
        (path / "saved_model.pb").unlink()
        os.mkfifo(path / "saved_model.pb")
        return path
    elif change == "a huge graph":
        with (path / "saved_model.pb").open("ab") as file:
            file.truncate((2 << 30) + 1)
    elif change == "unknown tags":
        pb = path / "saved_model.pb"
        write(pb, pb.read_bytes().replace(b"\x22\x05serve", b"\x22\x05other"))
    elif change == "graph operations that read files":
        pb = path / "saved_model.pb"
        node = field(1, field(1, b"evil") + field(2, b"ReadFile"))
        graph = field(2, field(2, node))
        write(pb, pb.read_bytes() + graph)
    return path


def in_the_cache_of_a_hub(folder):
    """`models--a--b/snapshots/1/` of links into `models--a--b/blobs/`."""
    home = folder / "models--a--b"
    snapshot = home / "snapshots" / "1"
    (home / "blobs").mkdir(parents=True)
    source = SAMPLES / "price_model" / "saved_model"
    for number, file in enumerate(sorted(p for p in source.rglob("*") if p.is_file())):
        place = snapshot / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, home / "blobs" / str(number))
        place.symlink_to(os.path.relpath(home / "blobs" / str(number), place.parent))
    return snapshot


def orbax(folder):
    path = folder / "checkpoint"
    path.mkdir()
    write(path / "_CHECKPOINT_METADATA", "{}")
    return path


def index_with(folder, shape):
    """A checkpoint's index with a valid checksum and an entry that lies: TensorFlow's own reader aborts over such."""
    from hostile.leveldb import table

    path = sample(folder, "price_model", "saved_model")
    size = b"\x08" + _varint(shape & ((1 << 64) - 1))
    dims = b"\x12" + _message(size)
    entry = b"\x08\x01" + b"\x12" + _message(dims) + b"\x28\x04"
    header = b"\x08\x01"
    write(path / "variables" / "variables.index", table({b"": header, b"a": entry}))
    return path


def index_that_lists(folder, shards):
    from hostile.leveldb import table

    path = sample(folder, "price_model", "saved_model")
    write(path / "variables" / "variables.index", table({b"": b"\x08" + _varint(shards)}))
    return path


def _message(content):
    return _varint(len(content)) + content


def _varint(value):
    out = bytearray()
    while True:
        out.append(value & 127 | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(out)
