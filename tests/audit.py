"""What Python's audit hooks see of code that could run: marshal, pickle, imports, processes, the network."""

import codecs
import contextlib
import functools
import importlib
import pkgutil
import sys
from pathlib import Path

FORBIDDEN = (
    "marshal.load", "marshal.loads", "pickle.find_class", "code.__new__", "function.__new__", "compile", "exec",
    "import", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "subprocess.Popen",
    "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request", "ctypes.dlopen",
    "ctypes.dlsym", "shutil.unpack_archive",
)  # fmt: skip
ENCODINGS = ("cp437", "utf_8_sig", "raw_unicode_escape", "unicode_escape", "latin_1", "idna", "ascii")

_watching: list[list[str]] = []


def _hook(event, arguments):
    if _watching and event in FORBIDDEN:
        _watching[-1].append(f"{event} {arguments[:1]}")


sys.addaudithook(_hook)

NEVER_IMPORTED = (
    "kconvert.__main__",
    "kconvert.worker",
    "kconvert.migrate.emitted",
)  # programs, and what is read as text


@functools.cache
def warm_up():
    """What kconvert itself imports late: it reads one good file of each kind."""
    import kconvert

    for found in pkgutil.walk_packages(kconvert.__path__, "kconvert."):
        if found.name not in NEVER_IMPORTED and not found.name.startswith("kconvert.migrate.emitted."):
            importlib.import_module(found.name)
    kconvert.versions.versions()
    samples = Path(__file__).parents[1] / "sample_models"
    for name in ("mnist_cnn/model.h5", "word_tagger/model.keras", "price_model/saved_model", "variational/model.keras"):
        kconvert.plan(samples / name, isolation="none")
    for name in ENCODINGS:
        codecs.lookup(name)
    with contextlib.suppress(kconvert.errors.KConvertError):
        kconvert.plan("nosuch://x", isolation="none")


@contextlib.contextmanager
def watched():
    """The forbidden events of the body."""
    warm_up()
    seen: list[str] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.pop()
