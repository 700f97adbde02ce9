"""Writes a kernel to a file or to stdout, for `kernels export` and `learn`."""

import os
from dataclasses import dataclass

from convcli.atomic_write import write_bytes
from convcli.choices import STDOUT
from convcli.errors import unknown
from convcli.kernels.files.read import SUFFIXES
from convcli.kernels.files.write import encode_kernel
from convcli.kernels.kernel import Kernel
from convcli.open_files import is_stream

__all__ = ["Exported", "export_kernel", "file_suffix"]


@dataclass(frozen=True)
class Exported:
    """The bytes of a kernel file, and the path they were written to (None: to be printed on stdout)."""

    data: bytes
    path: str | None


def export_kernel(found: Kernel, *, output: str | None, format: str | None) -> Exported:
    """Write a kernel to `output`, or return its bytes for stdout."""
    data = encode_kernel(found, file_suffix(output, format))
    if output is None or output == STDOUT:
        return Exported(data, None)
    write_bytes(output, data)
    return Exported(data, output)


def file_suffix(output: str | None, format: str | None) -> str:
    """Return the suffix of the format in which a kernel is written, by default JSON's."""
    if format is not None:
        suffix = "." + format.lower().removeprefix(".")
        if suffix not in SUFFIXES:
            raise unknown("kernel format", format, [known[1:] for known in SUFFIXES])
        return suffix
    if output is None or output == STDOUT or is_stream(output):
        return ".json"
    suffix = os.path.splitext(output)[1]
    if suffix.lower() not in SUFFIXES:
        raise unknown(f"{output!r}: kernel format", suffix, SUFFIXES)
    return suffix
