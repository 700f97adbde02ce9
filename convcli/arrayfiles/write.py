"""Write numbers exactly: .npy, .npz, .csv, .tsv and .json."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Compress
from convcli.errors import OutputError

__all__ = ["encode"]

Array = NDArray[Any]


def encode(array: Array, kind: str, compress: Compress = Compress.FAST) -> bytes:
    """Return the file of `kind` for an (H, W) or (H, W, C) array; text reads back equal.

    Raises
    ------
    OutputError
        A table of more than one channel, or text of values that are not finite.
    """
    if kind == "npy":
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
        return buffer.getvalue()
    if kind == "npz":
        buffer = io.BytesIO()
        save = np.savez_compressed if compress is Compress.SMALL else np.savez
        save(buffer, image=array)
        return buffer.getvalue()
    if not np.isfinite(array).all():
        raise OutputError(f".{kind} cannot hold values that are not finite", hint="write to .npy, which can")
    if kind == "json":
        import json

        return (json.dumps(_plain(array), separators=(",", ":")) + "\n").encode()
    if array.ndim != 2:
        raise OutputError(
            f".{kind} holds one channel, and there are {array.shape[2]}",
            hint="add --gray, or write to .json or .npy",
        )
    delimiter = "\t" if kind == "tsv" else ","
    lines = (delimiter.join(map(_word, row)) for row in array.tolist())
    return "".join(f"{line}\n" for line in lines).encode()


def _plain(array: Array) -> list[object]:
    return [_plain(row) if row.ndim > 1 else [_short(value) for value in row.tolist()] for row in array]


def _short(value: float) -> float | int:
    """Return whole numbers as ints, so that 3.0 is written as 3."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if whole else value


def _word(value: float) -> str:
    return repr(_short(value))
