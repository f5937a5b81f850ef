"""Not the file that it claims to be: other formats, nothing, and paths (section A of the table)."""

import bz2
import gzip
import lzma
import os
import pickle
import socket
import tarfile
import zipfile
from pathlib import Path

import bad_files
import h5py
from bad_files import SAMPLES, write

MODEL = (SAMPLES / "word_tagger" / "model.keras").read_bytes()


def broken_link(folder):
    (folder / "model.h5").symlink_to(folder / "gone.h5")
    return folder / "model.h5"


def unreadable(folder):
    path = bad_files.good(folder)
    path.chmod(0)
    return path


def in_an_unreadable_folder(folder):
    (folder / "closed").mkdir()
    path = bad_files.good(folder / "closed")
    path.parent.chmod(0)
    return path


def pipe(folder):
    os.mkfifo(folder / "model.h5")
    return folder / "model.h5"


def open_socket(folder):
    """Its address is limited to a hundred characters, so it is bound from inside the folder."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("model.h5")
    finally:
        os.chdir(here)
    return folder / "model.h5"


def device(folder):
    return Path("/dev/zero")


def xml_error(folder):
    return write(folder / "model.h5", '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')


def title_with_escapes(folder):
    return write(folder / "model.h5", "<html><title>\x1b[31mred\x07</title></html>")


def json_error(folder):
    return write(folder / "model.h5", '{"error": {"code": 404, "message": "not found"}}')


def gzipped(folder):
    return write(folder / "model.h5.gz", gzip.compress(MODEL))


def bzipped(folder):
    return write(folder / "model.h5", bz2.compress(MODEL))


def xzipped(folder):
    return write(folder / "model.h5", lzma.compress(MODEL))


def seven_zip(folder):
    return write(folder / "model.h5", b"7z\xbc\xaf\x27\x1c" + bytes(100))


def tarred(folder):
    with tarfile.open(folder / "model.tar", "w") as archive:
        archive.add(SAMPLES / "word_tagger" / "model.keras", "model.keras")
    return folder / "model.tar"


def zip_of_h5(folder):
    with zipfile.ZipFile(folder / "model.zip", "w") as archive:
        archive.writestr("densenet/model.h5", b"\x89HDF\r\n\x1a\n")
    return folder / "model.zip"


def pickle_as_text(folder):
    return write(folder / "model.h5", pickle.dumps({"weights": [1, 2]}, protocol=0))


def pickle_with_code(folder):
    """The canary would appear if it were loaded."""

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {folder / 'owned'}",)

    return write(folder / "model.h5", pickle.dumps(Evil(), protocol=2))


def pytorch(folder):
    with zipfile.ZipFile(folder / "model.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    return folder / "model.pt"


def onnx(folder):
    return write(folder / "model.onnx", b"\x08\x07\x12\x07pytorch\x1a\x051.9.0:\x9a\x01")


def tflite(folder):
    return write(folder / "model.tflite", b"\x1c\0\0\0TFL3" + bytes(100))


def gguf(folder):
    return write(folder / "model.gguf", b"GGUF\x03\0\0\0" + bytes(100))


def safetensors(folder):
    head = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    return write(folder / "model.safetensors", len(head).to_bytes(8, "little") + head + bytes(4))


def frozen_graph(folder):
    return write(folder / "frozen.pb", b"\x0a\x2a\x0a\x05input\x12\x0bPlaceholder" + bytes(100))


def hdf4(folder):
    return write(folder / "model.hdf", b"\x0e\x03\x13\x01" + bytes(100))


def netcdf4(folder):
    with h5py.File(folder / "model.nc", "w") as file:
        file.attrs["_NCProperties"] = "version=2,netcdf=4.9.0"
        file["temperature"] = [1.0, 2.0]
    return folder / "model.nc"


def netcdf3(folder):
    return write(folder / "model.nc", b"CDF\x01" + bytes(100))


def keras_named_h5(folder):
    return write(folder / "model.h5", MODEL)


def h5_named_keras(folder):
    return bad_files.good(folder).rename(folder / "model.keras")


def h5_and_zip(folder):
    path = bad_files.good(folder)
    return write(path, path.read_bytes() + MODEL)


def user_block(folder):
    path = folder / "model.h5"
    with h5py.File(path, "w", userblock_size=512) as file:
        file.attrs["model_config"] = "{}"
    content = bytearray(path.read_bytes())
    content[:20] = b"#!/bin/sh\necho hello"
    return write(path, bytes(content))


def zip_behind_text(folder):
    return write(folder / "model.keras", b"PK is what this begins with\n" + MODEL)


def zip_with_a_tail(folder):
    return write(folder / "model.keras", MODEL + b"and more" * 10)


def sparse(folder):
    with (folder / "model.h5").open("wb") as file:
        file.truncate(1 << 25)
    return folder / "model.h5"


def strange_name(folder):
    return write(folder / "a\x1b[31m\nb\udcff.h5", "")


def nul_in_the_path(folder):
    return f"{folder}/a\0b.h5"


def path_too_long(folder):
    return folder / ("x" * 300) / ("y" * 5000)


def unknown_protocol(folder):
    return "nosuch://models/a.h5"
