"""HDF5 that is damaged, and HDF5 that is a weapon (sections B and C of the table)."""

import fcntl
import shutil
import struct

import h5py
import numpy as np
from bad_files import TENSORS, _with_bias, good, sequential, write, write_h5
from h5py import h5d, h5g, h5p, h5s, h5t, h5z

BIAS = b"dense_1/bias:0"
CANARY = "CANARY-5d41402abc4b2a76"


def cut_to(folder, length):
    path = good(folder)
    return write(path, path.read_bytes()[:length])


def patched(path, old, new, count=1):
    """The file with bytes replaced, which must be there as often as is said."""
    content = path.read_bytes()
    assert content.count(old) == count, (content.count(old), old)
    return write(path, content.replace(old, new))


def bad_tree_signature(folder):
    path = good(folder)
    return write(path, path.read_bytes().replace(b"TREE", b"TREX"))


def bad_heap_signature(folder):
    path = good(folder)
    return write(path, path.read_bytes().replace(b"GCOL", b"GCOX"))


def chunks_of_another_rank(folder):
    """CVE-2026-19025: the layout message says one axis less than the dataspace."""
    path = with_kernel(folder, lambda g, f: g.create_dataset(KERNEL, (5, 3), "f4", chunks=(5, 3), data=np.ones((5, 3))))
    return patched(path, b"\x03\x02\x03", b"\x03\x02\x02")


KERNEL = "dense_1/kernel:0"


def with_kernel(folder, make, shape=(5, 3)):
    """A model whose kernel is made by `make(group, folder)`."""
    path = write_h5(folder / "model.h5", sequential(units=shape[1], batch_input_shape=[None, shape[0]]),
                    {"dense_1/bias:0": np.ones(shape[1], "f4")}, listed=list(TENSORS))  # fmt: skip
    with h5py.File(path, "a") as file:
        make(file["model_weights/dense_1"], folder)
    return path


def checksum_error(folder):
    def make(group, folder):
        group.create_dataset(KERNEL, data=np.full((5, 3), 7.5, "f4"), chunks=(5, 3), fletcher32=True)

    return patched(with_kernel(folder, make), np.full(15, 7.5, "f4").tobytes(), np.full(15, 7.25, "f4").tobytes())


def unknown_filter(folder, number):
    def make(group, folder):
        plan = h5p.create(h5p.DATASET_CREATE)
        plan.set_chunk((5, 3))
        plan.set_filter(number, h5z.FLAG_OPTIONAL, (3,))
        _low_level(group, plan, np.ones((5, 3), "f4"))

    return with_kernel(folder, make)


def _low_level(group, plan, values=None, shape=(5, 3), name=KERNEL):
    links = h5p.create(h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    made = h5d.create(group.id, name.encode(), h5t.NATIVE_FLOAT, h5s.create_simple(shape), plan, links)
    if values is not None:
        made.write(h5s.ALL, h5s.ALL, values)


def never_closed(folder):
    """As a writer leaves it that dies: the flag in the superblock stays."""
    path = folder / "open.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["model_config"] = "{}"
        file.flush()
        shutil.copy(path, folder / "model.h5")
    path.unlink()
    return folder / "model.h5"


def family_member(folder):
    with h5py.File(folder / "part%d.h5", "w", driver="family", memb_size=4096) as file:
        file["x"] = np.ones(5000)
    return folder / "part0.h5"


def split_member(folder):
    with h5py.File(folder / "model", "w", driver="split") as file:
        file["x"] = np.ones(5000)
    return folder / "model-m.h5"


LOCKED = []


def locked(folder):
    """By this process; it stays so until another test needs the descriptor."""
    path = good(folder)
    LOCKED[:] = [path.open("rb+")]
    fcntl.flock(LOCKED[0], fcntl.LOCK_EX)
    return path


def canary(folder):
    """A file next to the model whose content must appear nowhere."""
    return write(folder / "secret.bin", CANARY)


def external_canary(folder):
    def make(group, folder):
        group.create_dataset(BIAS, (3,), "f4", external=[(str(canary(folder)), 0, 12)])

    return _with_bias(folder, make)


def external_link_in_the_middle(folder):
    """`dense_1` itself leads to another file: only the first step of the path is a link."""
    path = write_h5(folder / "model.h5", sequential())
    write_h5(folder / "other.h5")
    with h5py.File(path, "a") as file:
        del file["model_weights/dense_1"]
        file["model_weights/dense_1"] = h5py.ExternalLink("other.h5", "dense_1")
    return path


def external_link_nobody_asks_for(folder):
    path = good(folder)
    with h5py.File(path, "a") as file:
        file["aside"] = h5py.ExternalLink("/etc/passwd", "/")
    return path


def soft_link(folder, target):
    def make(group, folder):
        group["other"] = np.ones(3, "f4")
        group[BIAS] = h5py.SoftLink(target)

    return _with_bias(folder, make)


def user_defined_link(folder):
    path = good(folder)
    with h5py.File(path, "a") as file:
        file["aside"] = h5py.ExternalLink("other.h5", "/")
    content = path.read_bytes()
    place = content.index(b"aside", content.index(b"other.h5") - 40)
    for kind in range(place - 12, place):
        if content[kind] == 64 and content[kind - 2] == 1:
            return write(path, content[:kind] + b"\xc8" + content[kind + 1 :])
    raise AssertionError("no link message")


def virtual(folder, source):
    def make(group, folder):
        if source == "other.h5":
            write_h5(folder / "other.h5")
        layout = h5py.VirtualLayout((3,), "f4")
        layout[:] = h5py.VirtualSource(source, "dense_1/dense_1/bias:0", (3,))
        group.create_virtual_dataset(BIAS, layout)

    return _with_bias(folder, make)


def group_in_itself(folder):
    path = good(folder)
    with h5py.File(path, "a") as file:
        file["model_weights/loop"] = file["model_weights"]
    return path


def paths_without_end(folder):
    """Forty groups, each of which is twice in the one before: 2^40 paths."""
    path = good(folder)
    with h5py.File(path, "a") as file:
        group = file
        for _ in range(40):
            group = group.create_group("a")
            group.parent["b"] = group
    return path


def two_names(folder):
    def make(group, folder):
        group["other"] = np.ones(3, "f4")
        group[BIAS] = group["other"]

    return _with_bias(folder, make)


def declares(folder, *shape):
    """A kernel of this shape of which nothing is stored."""
    chunks = tuple(min(n, 1024) for n in shape)
    return with_kernel(folder, lambda g, f: g.create_dataset(KERNEL, shape, "f4", chunks=chunks))


def declares_4_gib(folder):
    return with_kernel(folder, lambda g, f: g.create_dataset(KERNEL, ((1 << 30) - 1,), "f4"))


def genuine_zeros(folder):
    """Sixteen megabytes of zeros, a thousand times smaller by gzip: what a model that was never trained holds."""
    zeros = np.zeros((2048, 2048), "f4")

    def make(group, folder):
        group.create_dataset(KERNEL, data=zeros, chunks=(256, 2048), compression="gzip", compression_opts=9)

    return with_kernel(folder, make, (2048, 2048))


def packed_twice(folder):
    def make(group, folder):
        plan = h5p.create(h5p.DATASET_CREATE)
        plan.set_chunk((1 << 20, 1))
        plan.set_deflate(9)
        plan.set_filter(h5z.FILTER_DEFLATE, 0, (9,))
        _low_level(group, plan, np.zeros((1 << 20, 1), "f4"), (1 << 20, 1))

    return with_kernel(folder, make)


def huge_chunk(folder):
    return with_kernel(folder, lambda g, f: g.create_dataset(KERNEL, (1 << 29, 1), "f4", chunks=(1 << 29, 1)))


def amplified_names(folder):
    """4,000 names of variable length, all of them the one long text in the heap: 2 GB out of half a megabyte."""
    path = good(folder)
    long = b"x" * 500_000
    with h5py.File(path, "a") as file:
        group = file["model_weights/dense_1"]
        del group.attrs["weight_names"]
        names = np.array([long] + [b"y"] * 3999, dtype=object)
        group.attrs.create("weight_names", names, dtype=h5py.string_dtype("ascii"))
    content = bytearray(path.read_bytes())
    head = struct.pack("<I", len(long))
    place = content.index(head, content.index(b"weight_names"))
    reference = content[place : place + 16]
    for number in range(1, 4000):
        content[place + 16 * number : place + 16 * (number + 1)] = reference
    return write(path, bytes(content))


def large_attribute(folder):
    path = folder / "model.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["model_config"] = "{}"
        file.attrs["notes"] = np.zeros((65 << 20) // 4, "f4")
    return path


def many_attributes(folder):
    path = folder / "model.h5"
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(5001):
            file.attrs[f"a{number}"] = 1
    return path


def many_objects(folder):
    """More entries than objects may be; the walk does not begin."""
    path = folder / "model.h5"
    with h5py.File(path, "w", libver="latest") as file:
        many = file.create_group("many")
        file.create_group("one")
        for number in range(100_001):
            h5g.GroupID.link(many.id, b"/one", b"%d" % number, h5g.LINK_HARD)
    return path


def deep_groups(folder):
    path = folder / "model.h5"
    with h5py.File(path, "w", libver="latest") as file:
        group = file.id
        for _ in range(3000):
            group = h5g.create(group, b"g")
    return path


def long_object_name(folder):
    path = good(folder)
    with h5py.File(path, "a", libver="latest") as file:
        file.create_group("x" * 5000)
    return path


def tensor_of(folder, kind):
    """A bias that is no numbers."""

    def make(group, folder):
        if kind == "reference":
            group.create_dataset(BIAS, data=[group.ref] * 3, dtype=h5py.ref_dtype)
        elif kind == "region":
            region = group["dense_1/kernel:0"].regionref[0:1]
            group.create_dataset(BIAS, data=[region] * 3, dtype=h5py.regionref_dtype)
        elif kind == "compound":
            group[BIAS] = np.zeros(3, [("a", "f4"), ("b", "f4")])
        elif kind == "opaque":
            group[BIAS] = np.zeros(3, "V4")
        elif kind == "variable":
            group.create_dataset(BIAS, (3,), dtype=h5py.vlen_dtype("f4"))[:] = [[1.0], [2.0, 3.0], [4.0]]
        elif kind == "text":
            group.create_dataset(BIAS, data=["a", "b", "c"], dtype=h5py.string_dtype())
        elif kind == "complex":
            group[BIAS] = np.zeros(3, "c8")
        elif kind == "long double":
            group[BIAS] = np.zeros(3, np.longdouble)
        elif kind == "empty":
            group[BIAS] = h5py.Empty("f4")
        elif kind == "stored type":
            group[BIAS] = np.dtype("f4")

    return _with_bias(folder, make)


def overlapping(folder):
    """A second tensor at the place of the first: the layout message of one that was never written points there."""
    path = folder / "model.h5"
    size = 1 << 20
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
        one = file.create_dataset("one", data=np.ones(size, "f4"))
        place = one.id.get_offset()
        file.create_dataset("two", (size,), "f4")
    undefined = b"\x03\x01" + b"\xff" * 8 + struct.pack("<Q", 4 * size)
    return patched(path, undefined, b"\x03\x01" + struct.pack("<QQ", place, 4 * size))


def many_axes(folder):
    """As many as HDF5 takes: 32; NumPy takes 64."""
    return with_kernel(folder, lambda g, f: g.create_dataset(KERNEL, data=np.ones((1,) * 32, "f4")))
