"""Kernels read from files: ``.npy .npz .json .toml .csv .tsv .txt``; encoding.py writes them.

JSON and TOML hold a mapping (objects.py) or, JSON only, a plain nested list. ``.npz`` holds the same mapping
as arrays, or any arrays, of which ``file.npz:name`` picks one. The others hold one array.
"""

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.errors import KernelError, unknown
from convcli.kernels.files.mapping import from_mapping, nested
from convcli.kernels.kernel import Kernel
from convcli.kernels.text import matrix, shown

__all__ = ["COMPONENT", "MAX_BYTES", "SUFFIXES", "decode", "is_path", "read"]

SUFFIXES = (".npy", ".npz", ".json", ".toml", ".csv", ".tsv", ".txt")
MAX_BYTES = 1 << 29

_PATH = re.compile(r".*\.(npy|npz|json|toml|csv|tsv|txt)|.*\.npz:.+", re.IGNORECASE | re.DOTALL)
COMPONENT = "component_"
"""How ``.npz`` names the arrays of several components; a number follows."""


def is_path(spec: str) -> bool:
    """Tell whether `spec` ends as a kernel file does, so that it is one whether it exists or not."""
    return _PATH.fullmatch(spec) is not None


def read(path: str) -> Kernel:
    """Read the kernel in a file; ``file.npz:name`` picks one array of several.

    A file without one of the known suffixes is read by its content, so that pipes work.

    Raises
    ------
    KernelError
        The file is missing, unreadable, too large, or holds no kernel.
    """
    member = ""
    if not os.path.exists(path) and ".npz:" in path.lower():
        cut = path.lower().rindex(".npz:") + 4
        path, member = path[:cut], path[cut + 1 :]
    what = f"kernel file {shown(path, 200)}"
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise KernelError(
            f"no such kernel file: {shown(path, 200)}", hint="check the name and the folder"
        ) from error
    except IsADirectoryError as error:
        raise KernelError(f"{what} is a directory", hint="name a file in it") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise KernelError(
            f"{what} cannot be read: {reason}", hint="check its name and permissions"
        ) from error
    suffix = Path(path).suffix.lower()
    return decode(data, what, Path(path).stem, suffix if suffix in SUFFIXES else "", member, source=path)


def decode(data: bytes, what: str, name: str, suffix: str = "", member: str = "", source: str = "") -> Kernel:
    """Make a kernel of a file's content.

    Parameters
    ----------
    data : bytes
        All of it.
    what : str
        What errors call it.
    name : str
        The kernel's name, unless the content gives one.
    suffix : str
        Its format; found from the first bytes where it is empty.
    member : str
        Which array of a ``.npz``.
    source : str
        The kernel's source, unless the content gives one.

    Raises
    ------
    KernelError
        There is no kernel in it.
    """
    if not data.strip():
        raise KernelError(f"{what} is empty", hint="a kernel is rows of numbers, JSON, TOML, .npy or .npz")
    if len(data) > MAX_BYTES:
        raise KernelError(f"{what} is larger than {MAX_BYTES} bytes", hint="is it a kernel?")
    held = _READERS[suffix or _sniff(data)](data, what, member)
    if isinstance(held, dict):
        return from_mapping({"source": source, **held}, what, name)
    return Kernel.of(held, name=name, source=source, what=what)


def _sniff(data: bytes) -> str:
    if data.startswith(b"\x93NUMPY"):
        return ".npy"
    if data.startswith(b"PK\x03\x04"):
        return ".npz"
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") or re.match(rb"\[\s*\[", text):
        return ".json"
    toml = re.match(rb"(\s|#[^\n]*\n)*[A-Za-z_][\w-]*\s*=", text)
    return ".toml" if toml else ".txt"


Held = NDArray[Any] | dict[str, Any]


def _npy(data: bytes, what: str, _: str) -> Held:
    try:
        return np.asarray(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))
    except (ValueError, EOFError, OSError, MemoryError, SyntaxError, TypeError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        if "allow_pickle" in reason or "Object arrays" in reason:
            raise KernelError(
                f"{what} holds pickled objects, which can run code", hint="save it as an array of float64"
            ) from error
        raise KernelError(f"{what} is not a whole .npy file: {reason}", hint="save it again") from error


def _npz(data: bytes, what: str, member: str) -> Held:
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if sum(info.file_size for info in entries.values()) > MAX_BYTES:
                raise KernelError(f"{what} unpacks to more than {MAX_BYTES} bytes", hint="is it a kernel?")
            ours = "kernel" in entries or f"{COMPONENT}0" in entries
            if member and member not in entries:
                raise unknown(f"array of {what}", member, entries, KernelError)
            if not member and not ours and len(entries) != 1:
                some = ", ".join(map(shown, sorted(entries)[:8])) or "none"
                raise KernelError(f"{what} holds several arrays: {some}", hint="pick one: file.npz:name")
            wanted = [member] if member else list(entries)
            arrays = {
                key: np.asarray(_npy(archive.read(entries[key]), f"{what}, array {shown(key)}", ""))
                for key in wanted
                if not ours or member or key in _KEYS or key.startswith(COMPONENT)
            }
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise KernelError(f"{what} is not a whole .npz file: {error}", hint="save it again") from error
    if member or not ours:
        return arrays[wanted[0]]
    held: dict[str, Any] = {key: array for key, array in arrays.items() if key in _KEYS}
    parts = [key for key in arrays if key.startswith(COMPONENT)]
    if parts:
        held["components"] = [
            arrays[f"{COMPONENT}{i}"] for i in range(len(parts)) if f"{COMPONENT}{i}" in arrays
        ]
    return held


_KEYS = ("name", "source", "kernel", "combine", "bias")


def _json(data: bytes, what: str, _: str) -> Held:
    import json

    text = _text(data, what)
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KernelError(
            f"{what} is not JSON: {error}", hint='write [[0, 1], [2, 3]] or {"kernel": [[0, 1], [2, 3]]}'
        ) from error
    return held if isinstance(held, dict) else nested(held, what)


def _toml(data: bytes, what: str, _: str) -> Held:
    import tomllib

    text = _text(data, what).replace("\r\n", "\n")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise KernelError(f"{what} is not TOML: {error}", hint="write kernel = [[0, 1], [2, 3]]") from error


def _lines(data: bytes, what: str, _: str) -> Held:
    return np.array(matrix(_text(data, what), what))


def _csv(data: bytes, what: str, _: str) -> Held:
    text = _text(data, what)
    body = re.sub(r"#.*", "", text)
    if ";" in body and "," in body:
        raise KernelError(
            f"{what} has both ';' and ','", hint="write decimal points, and ',' or ';' between the numbers"
        )
    parted = re.sub(r"[ ]*[\t;][ ]*", ",", text)
    return np.array(matrix(parted, what, rows_end_at=""))


_READERS: dict[str, Callable[[bytes, str, str], Held]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".json": _json,
    ".toml": _toml,
    ".csv": _csv,
    ".tsv": _csv,
    ".txt": _lines,
}


def _text(data: bytes, what: str) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # as PowerShell redirects
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise KernelError(
            f"{what} is not text: byte {error.start + 1} is 0x{data[error.start]:02x}",
            hint=f"a kernel file is one of {' '.join(SUFFIXES)}",
        ) from error
