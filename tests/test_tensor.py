"""A Tensor knows its shape without reading, and its operations do what NumPy's do."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kconvert.read.hdf5 import HDF5File
from kconvert.tensor import InBlocks, Tensor

ARRAYS = hnp.arrays(
    "float32", hnp.array_shapes(min_dims=1, max_dims=4, max_side=4), elements=st.floats(-9, 9, width=32)
)


def stored(value, name="t"):
    return Tensor.of_file(name, value.shape, value.dtype, lambda: value)


def same(tensor, expected):
    assert tensor.shape == expected.shape
    assert tensor.dtype == expected.dtype
    np.testing.assert_array_equal(tensor.read(), expected)


@given(ARRAYS, st.randoms())
def test_transpose_and_flip_are_those_of_numpy(value, random):
    axes = list(range(value.ndim))
    random.shuffle(axes)
    some = axes[: random.randint(1, len(axes))]
    same(stored(value).transpose(axes).flip(some), np.flip(value.transpose(axes), some))


@given(ARRAYS)
def test_a_tensor_taken_apart_and_joined_again_is_itself_and_uses_each_element_once(value):
    whole = stored(value)
    cut = value.shape[-1] // 2
    parts = [whole.take(0, cut, -1), whole.take(cut, value.shape[-1], -1)]
    again = Tensor.concat(parts, -1)
    same(again, value)
    assert dict(again.sources) == {"t": value.size}


@given(ARRAYS, st.floats(-4, 4, width=32))
def test_scale_keeps_the_dtype(value, factor):
    same(stored(value).scale(factor), (value * np.float32(factor)).astype("float32"))


@given(ARRAYS, st.integers(1, 200), st.randoms())
def test_blocks_are_the_elements_in_their_order_and_none_is_too_large(value, limit, random):
    axes = list(range(value.ndim))
    random.shuffle(axes)
    for tensor in (stored(value), stored(value).transpose(axes).flip([0]), stored(value).reshape([value.size])):
        blocks = list(tensor.blocks(limit))
        assert max(b.nbytes for b in blocks) <= max(limit, value.itemsize)
        row = tensor.size // tensor.shape[0]
        assert row * value.itemsize > limit or all(b.size % row == 0 for b in blocks)
        np.testing.assert_array_equal(np.concatenate(blocks), tensor.read().reshape(-1))


@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=6), limit=st.integers(1, 100), kind=st.sampled_from("><")
)
def test_an_hdf5_file_gives_the_same_blocks_where_it_keeps_them_in_order(tmp_path_factory, shape, limit, kind):
    value = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    path = tmp_path_factory.mktemp("blocks") / "file.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("whole", data=value, dtype=f"{kind}f4")
        file.create_dataset("chunked", data=value, dtype=f"{kind}f4", chunks=shape, compression="gzip")
    file = HDF5File(path)
    for name, lies_in_order in (("whole", True), ("chunked", False)):
        tensor = file.tensor((name,))
        assert (
            isinstance(tensor.read, InBlocks)
            == isinstance(tensor.reshape([value.size]).read, InBlocks)
            == lies_in_order
        )
        assert not isinstance(tensor.transpose(range(value.ndim)).read, InBlocks)
        assert not isinstance(tensor.scale(2.0).read, InBlocks)
        blocks = [b.copy() for b in tensor.reshape([value.size]).blocks(limit)]
        assert all(b.dtype == np.float32 and b.nbytes <= max(limit, 4) for b in blocks)
        np.testing.assert_array_equal(np.concatenate(blocks), value.reshape(-1))


def test_nothing_is_read_before_it_is_asked_for():
    def read():
        raise AssertionError("read too early")

    tensor = Tensor.of_file("t", (6, 4), "float32", read).transpose([1, 0]).reshape([2, 12]).flip([0]).take(0, 1)
    assert (tensor.shape, tensor.nbytes) == ((1, 12), 48)
    with pytest.raises(AssertionError, match="too early"):
        tensor.read()


def test_a_reshape_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="cannot reshape t"):
        stored(np.zeros((2, 3))).reshape([5])
