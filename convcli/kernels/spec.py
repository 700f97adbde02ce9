"""Parse a kernel SPEC: a name with parameters, a matrix, a file, or ``-`` for standard input."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from convcli.display.words import per_axis
from convcli.errors import KernelError, shown
from convcli.kernels import library
from convcli.kernels.files.notations import CALL, Written, read_matrix, read_notation
from convcli.kernels.files.read import (
    MAX_BYTES,
    decode_kernel,
    from_written,
    is_kernel_file,
    read_kernel,
)
from convcli.kernels.kernel import Array, Kernel
from convcli.kernels.parameters import Value, read_parameters
from convcli.kernels.text import is_number, matrix
from convcli.stores.urls import is_url

__all__ = ["Kernel", "kernel", "kernel_files"]


def _stdin() -> bytes:
    if sys.stdin is None:  # closed by the shell: <&-
        return b""
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def kernel(spec: str | os.PathLike[str], *, stdin: Callable[[], bytes] = _stdin) -> Kernel:
    """Return the kernel that `spec` names.

    `spec` is read as the first of these that matches:

    ====================================  =======================================================
    ``-``                                 standard input: a matrix, JSON, TOML, .npy or .npz
    ends in .npy .npz .json .toml .csv    a file; ``file.npz:name`` picks one array
    .tsv .txt
    only numbers                          an inline matrix: ``"0 -1 0; -1 5 -1; 0 -1 0"``, or one as other
                                          tools write it (see `convcli.kernels.files.notations`)
    a known name                          the library: ``sobel``, ``gaussian:sigma=2,size=9``
    any other file that exists            read by its content
    ====================================  =======================================================

    A name from the library is never taken for a file or folder of the same name; write ``./sobel`` for that.

    Parameters
    ----------
    spec : str or path
        A path object is always a file.
    stdin : callable
        Reads standard input; called only for ``-``.

    Raises
    ------
    KernelError
        Nothing matches, or what matches is not a kernel; message and hint say where and what to do.

    Examples
    --------
    >>> kernel("gaussian:sigma=2").weights.shape
    (17, 17)
    """
    if isinstance(spec, os.PathLike):
        return read_kernel(os.fsdecode(spec))
    if not isinstance(spec, str):
        raise KernelError(
            f"kernel {shown(spec)} is not a text", hint="give a name, a matrix as text, or a path"
        )
    if spec == "-":
        return decode_kernel(stdin(), "the kernel on standard input", "stdin", source="standard input")
    if is_kernel_file(spec) or is_url(spec):
        return read_kernel(spec)
    words = [word for word in re.split(r"[\s,;\[\]]+", spec) if word]
    numbers = sum(map(is_number, words))
    if not words:
        raise KernelError(f"kernel {shown(spec)} is empty", hint="give a name, a matrix or a file")
    name, _, parameters = spec.partition(":")
    if library.canonical(name) in library.TABLE:
        return _named(library.canonical(name), parameters, spec)
    what = f"kernel {shown(spec)}"
    if re.match(r"\s*(\{|\[\s*\[)", spec):
        return decode_kernel(spec.encode("utf-8", "replace"), what, "matrix")
    if (written := read_notation(spec, what)) is not None:
        return _inline(written, what)
    if numbers < len(words):
        if os.path.exists(spec):
            return read_kernel(spec)
        if call := re.match(CALL, spec):
            hint = "write its numbers, or save them with numpy.save and name the .npy"
            if library.canonical(call[1]) in library.TABLE:
                hint = f"write {shown(call[1] + ':' + call[2].strip(' )'))}"
            raise KernelError(f"{what} is a call, and nothing is run", hint=hint)
        if _like_a_path(spec) and 2 * numbers < len(words):
            return read_kernel(spec)
        if not numbers and ";" not in spec:
            raise library.not_known(name, parameters)
    return _inline(read_matrix(spec, what), what)


def _inline(written: Written, what: str) -> Kernel:
    return from_written(written, what, "matrix", "inline matrix")


def kernel_files(specs: Iterable[str]) -> list[str]:
    """Return those of `specs` that can be files, and so are not to be written to; ``-`` is stdin."""
    names = ((spec, library.canonical(spec.partition(":")[0])) for spec in specs)
    return [spec for spec, name in names if is_kernel_file(spec) or name not in library.TABLE]


def _like_a_path(spec: str) -> bool:
    return os.sep in spec or "/" in spec or re.search(r"\.[A-Za-z]+$", spec) is not None


def _named(name: str, text: str, spec: str) -> Kernel:
    entry = library.TABLE[name]
    try:
        given = read_parameters(text, entry.parameters, name)
        parts = tuple(_component(part, given) for part in entry.parts or (name,))
    except KernelError as error:
        raise KernelError(f"kernel {shown(spec)}: {error.message}", hint=error.hint) from error
    typed = ",".join(f"{key}={_typed(value)}" for key, value in given.items())
    return Kernel(f"{name}:{typed}" if typed else name, parts, entry.combine, source=entry.source)


def _component(part: str, given: Mapping[str, Value]) -> Array:
    entry = library.TABLE.get(part)
    if entry is None or entry.weights:
        return np.array(matrix(entry.weights if entry else part, part))
    from convcli.kernels import families  # here for start-up: most kernels are matrices

    defaults = {each.name: each.read(each.default) for each in entry.parameters if each.default}
    values: dict[str, Any] = {**defaults, **given}
    make: Callable[..., Array] = getattr(families, entry.family)
    weights = make(**{key.replace("-", "_"): value for key, value in values.items()})
    weights.flags.writeable = False  # so that `as_weights` need not copy what may be 128 MiB
    return weights


def _typed(value: Value) -> str:
    return per_axis(value) if isinstance(value, tuple) else repr(value).removesuffix(".0")
