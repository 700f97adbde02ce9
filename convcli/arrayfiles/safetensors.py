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
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["Header", "read_header", "read_tensor"]

Header = dict[str, Any]

# Longest header that is read, in bytes: the limit of the safetensors package itself.
MAX_HEADER = 100_000_000

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
    """Return the dtype, shape and offsets of each tensor, by name."""
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= MAX_HEADER:
        raise ValueError(f"a header of {length} bytes is not possible")
    header = json.loads(file.read(length).decode("utf-8"))
    if not isinstance(header, dict):
        raise ValueError("the header is not an object")
    header.pop("__metadata__", None)
    return header


def read_tensor(file: BinaryIO, entry: Any) -> NDArray[Any]:
    """Return the tensor that the header's `entry` describes; BF16 becomes float32, exactly."""
    try:
        kind, shape, (begin, end) = entry["dtype"], tuple(map(int, entry["shape"])), entry["data_offsets"]
    except (TypeError, KeyError) as error:
        raise ValueError("an entry of the header is malformed") from error
    if kind not in _DTYPES:
        raise ValueError(f"numbers of type {kind} are not supported")
    dtype = np.dtype(_DTYPES[kind])
    if min(shape, default=0) < 0 or end - begin != prod(shape) * dtype.itemsize:
        raise ValueError(f"{end - begin} bytes are not {shape} numbers of type {kind}")
    file.seek(0)
    start = 8 + int.from_bytes(file.read(8), "little") + begin
    if start + end - begin > os.fstat(file.fileno()).st_size:
        raise ValueError("the file is cut short")
    file.seek(start)
    values = np.frombuffer(file.read(end - begin), dtype).reshape(shape)
    if kind == "BF16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values
