"""Encode arrays exactly as .npy, .npz, .csv, .tsv, .txt and .json."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Compress, Layout
from convcli.errors import OutputError

__all__ = ["encode_array", "encode_npz"]

Array = NDArray[Any]

# Delimiters of tables, by suffix.
_DELIMITERS = {"csv": ",", "tsv": "\t", "txt": " "}


def shortest(value: float) -> str:
    """Return the shortest digits of a number; whole ones below 2**53 without a point, zero without a sign."""
    return repr(_whole(value))


def encode_array(
    array: Array,
    kind: str,
    compress: Compress = Compress.FAST,
    layout: Layout = Layout.HWC,
    digits: Callable[[float], str] = shortest,
) -> bytes:
    """Return the bytes of a file of `kind` for an (N,), (H, W) or (H, W, C) array; text is read back exactly.

    `layout` is the order of three axes in the file; `digits` formats each value of a table. Tables take one
    channel, and text only finite values; others are an OutputError. One axis is a row of a table.
    """
    if layout is Layout.CHW and array.ndim == 3 and kind not in _DELIMITERS:
        array = np.moveaxis(array, 2, 0)
    if kind == "npy":
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
        return buffer.getvalue()
    if kind == "npz":
        return encode_npz({"image": np.ascontiguousarray(array)}, compress)
    if not np.isfinite(array).all():
        raise OutputError(f".{kind} cannot hold values that are not finite", hint="write to .npy, which can")
    if kind == "json":
        import json  # here for start-up: few results are JSON

        return (json.dumps(_nested(array), separators=(",", ":")) + "\n").encode()
    if array.ndim > 2:
        raise OutputError(
            f".{kind} holds one channel, and there are {array.shape[2]}",
            hint="add --gray, or write to .json or .npy",
        )
    array = np.atleast_2d(array.astype(np.uint8) if array.dtype == np.bool_ else array)
    return "".join(_DELIMITERS[kind].join(map(digits, row)) + "\n" for row in array.tolist()).encode()


def encode_npz(arrays: Mapping[str, Any], compress: Compress = Compress.FAST) -> bytes:
    """Return an ``.npz`` of `arrays` by name."""
    buffer = io.BytesIO()
    (np.savez_compressed if compress is Compress.SMALL else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def _nested(array: Array) -> list[object]:
    return list(map(_whole if array.ndim == 1 else _nested, array.tolist() if array.ndim == 1 else array))


def _whole(value: float) -> float | int:
    """Return whole numbers as ints, so that 3.0 is written as 3."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if whole else value
