"""Why a target cannot be written, each reason with its code."""

from __future__ import annotations

import errno
from pathlib import Path

from kconvert.errors import TargetError

CODES = {
    "E_OUT_PERMISSION": (errno.EACCES, errno.EPERM, errno.EROFS),
    "E_OUT_SPACE": (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    "E_OUT_PATH": (errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EISDIR),
}


def not_written(target: Path, error: OSError | ValueError) -> TargetError:
    """What the system said, for the user."""
    why = (isinstance(error, OSError) and error.strerror) or error
    number = error.errno if isinstance(error, OSError) else errno.ENOENT
    code = next((code for code, numbers in CODES.items() if number in numbers), "")
    return TargetError(f"{target}: cannot be written: {why}", code=code)


def already_there(target: Path) -> TargetError:
    """It exists, and may not be replaced."""
    return TargetError(f"{target}: exists already (--overwrite replaces it)", code="E_OUT_EXISTS")
