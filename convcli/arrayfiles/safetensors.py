"""Read tensors from ``.safetensors`` files without the safetensors package.

A file is a little-endian 64-bit length, a JSON object of that length, and the tensors' values:
``{"name": {"dtype": "F32", "shape": [64, 3, 7, 7], "data_offsets": [begin, end]}}``, offsets from the end of
the JSON. Only the header and the requested tensor are read.

References
----------
https://github.com/huggingface/safetensors, section Format.
"""

import json
import os
from itertools import pairwise
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convcli.arrayfiles.damage import DamagedError
from convcli.errors import cut_short
from convcli.limits import TENSOR_HEADER

__all__ = ["Header", "read_header", "read_tensor"]

Header = dict[str, Any]

# NumPy's dtype for each of safetensors' dtypes.
_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",  # the upper half of a float32
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}


def read_header(file: BinaryIO) -> Header:
    """Return the dtype, shape and offsets of each tensor, by name; no two overlap."""
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if length < 2:
        raise DamagedError(f"a header of {length} bytes is not possible")
    if length > _bytes_after(file, 0):
        raise DamagedError(f"a header of {length} bytes is not possible: {_bytes_after(file, 0)} follow")
    TENSOR_HEADER.check(length, "split the file", DamagedError)
    header = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_without_duplicates)
    if not isinstance(header, dict):
        raise DamagedError("the header is not an object")
    header.pop("__metadata__", None)
    spans = [(begin, end, name) for name, entry in header.items() for _, _, begin, end in (_entry(entry),)]
    spans = sorted(span for span in spans if span[0] < span[1])
    for (_, end, one), (begin, _, other) in pairwise(spans):
        if begin < end:
            raise DamagedError(f"the bytes of {cut_short(one)!r} and {cut_short(other)!r} overlap")
    return header


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise DamagedError(f"the header names {cut_short(name)!r} twice")
        found[name] = value
    return found


def _bytes_after(file: BinaryIO, header: int) -> int:
    """Return the number of bytes after the header, of this length."""
    return os.fstat(file.fileno()).st_size - 8 - header


def read_tensor(file: BinaryIO, header: Header, name: str) -> NDArray[Any]:
    """Return the tensor of this name in the `header`; BF16 becomes float32, exactly."""
    kind, shape, begin, end = _entry(header[name])
    if kind not in _DTYPES:
        raise DamagedError(f"numbers of type {cut_short(kind)} are not supported")
    dtype = np.dtype(_DTYPES[kind])
    if min((*shape, begin)) < 0 or end - begin != prod(shape) * dtype.itemsize:
        raise DamagedError(f"{end - begin} bytes are not {shape} numbers of type {kind}")
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if end > _bytes_after(file, length):
        raise DamagedError("the file is cut short")
    file.seek(8 + length + begin)
    values = np.frombuffer(file.read(end - begin), dtype).reshape(shape)
    if kind == "BF16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values


def _entry(entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Return dtype, shape and offsets of a tensor; an entry of anything else is damage."""
    try:
        kind, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        kind, shape, begin, end = "", (), None, None
    if not isinstance(kind, str) or any(type(number) is not int for number in (*shape, begin, end)):
        raise DamagedError("an entry of the header is malformed")
    return kind, shape, begin, end
