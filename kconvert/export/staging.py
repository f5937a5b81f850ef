"""A target appears whole or not at all, and an existing one stays until the new one is ready."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kconvert.errors import TargetError, VerificationFailed


@dataclass(frozen=True, slots=True)
class Staged:
    """`path` is where to write; `publish` puts what is there at `target`."""

    path: Path
    target: Path

    def publish(self, overwrite: bool) -> None:
        """Moves the written file or folder to its place.

        Raises:
            TargetError: something else has appeared there meanwhile, or it cannot be replaced.
        """
        try:
            if self.target.exists() and not overwrite:
                raise TargetError(f"{self.target}: exists already (--overwrite replaces it)")
            if self.path.is_dir() and self.target.is_dir():
                aside = self.path.with_name("replaced")
                self.target.replace(aside)
            self.path.replace(self.target)
        except OSError as error:
            raise TargetError(f"{self.target}: cannot be written: {error.strerror or error}") from None

    def beside(self, name: str) -> Staged:
        """Another file that belongs to it, to be published beside it."""
        return Staged(self.path.with_name(name), self.target.with_name(name))

    @contextlib.contextmanager
    def published_on_failure(self, wanted: bool, overwrite: bool) -> Iterator[None]:
        """Publishes even a file that fails its verification, where the user wants to look at it."""
        try:
            yield
        except VerificationFailed:
            if wanted:
                self.publish(overwrite)
            raise


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Staged]:
    """A place in a hidden folder beside `target`, on the same file system; gone afterwards, whatever happened.

    Raises:
        TargetError: nothing can be written there.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".kconvert-", dir=target.parent))
    except OSError as error:
        raise TargetError(f"{target}: cannot be written: {error.strerror or error}") from None
    try:
        yield Staged(folder / target.name, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
