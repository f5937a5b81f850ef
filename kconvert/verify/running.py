"""One run of a file that the judge has loaded; its results lie in a folder and are read one by one."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kconvert.axes import NO_ORDER, Order
from kconvert.tensor import Array
from kconvert.verify.process import Verifier


@dataclass(frozen=True, slots=True)
class Ran:
    """What came out.

    Attributes:
        refused: why stock Keras could not run it on these inputs; there are no results then.
        without_layers: why it could not be run layer by layer.
        nodes: of `names` in the file, and `axes` where their axes are.
    """

    results: Path
    names: tuple[str, ...]
    order: tuple[int, ...] = ()
    refused: str = ""
    without_layers: str = ""
    nodes: tuple[str, ...] = ()
    axes: Order = NO_ORDER

    def outputs(self) -> Iterator[Array]:
        """In the order of the original's."""
        with np.load(self.results, allow_pickle=False) as results:
            for place, number in enumerate(self.order):
                yield self.axes.made(place).restored(results[f"out_{number}"])

    def layers(self) -> Iterator[tuple[str, int, Array]]:
        """Old name of a layer, number of its output, and what that was."""
        with np.load(self.results, allow_pickle=False) as results:
            for key in results.files:
                place, colon, output = key.partition(":")
                if colon:
                    layout = self.axes.inside(self.nodes[int(place)], int(output))
                    yield self.names[int(place)], int(output), layout.restored(results[key])


@contextlib.contextmanager
def run(
    verifier: Verifier,
    arrays: Sequence[Array],
    layers: Mapping[str, str],
    output_order: Sequence[int],
    axes: Order = NO_ORDER,
) -> Iterator[Ran]:
    """Runs what the judge loaded last.

    Args:
        arrays: for the file's inputs, in its own order.
        layers: old name -> node of the file, of which the outputs are wanted too.
        output_order: of the file's outputs, for the original's order.
        axes: where the axes of its tensors are; what it gives is brought back.

    Raises:
        VerificationFailed: the judge died.
    """
    with tempfile.TemporaryDirectory(prefix="kconvert-", ignore_cleanup_errors=True) as folder:
        inputs, results = Path(folder) / "inputs.npz", Path(folder) / "results.npz"
        with zipfile.ZipFile(inputs, "w", allowZip64=True) as archive:
            for number, array in enumerate(arrays):
                with archive.open(f"in_{number}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
        names = tuple(layers)
        answer = verifier.ask(
            do="run", inputs=str(inputs), results=str(results), layers=[layers[name] for name in names]
        )
        if "refused" in answer:
            yield Ran(results, names, refused=answer["refused"])
        else:
            yield Ran(results, names, tuple(output_order), "", answer.get("layers", ""), tuple(layers.values()), axes)
