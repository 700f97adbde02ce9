"""Read kernels from files: ``.npy .npz .json .toml .csv .tsv .txt``.

JSON and TOML hold a mapping (mapping.py) or, JSON only, a plain nested list. ``.npz`` holds the same mapping
as arrays, or any arrays, of which ``file.npz:name`` picks one. The others hold one array.
"""

import io
import os
import re
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import NDArray

from convcli.arrayfiles.devices import is_endless
from convcli.arrayfiles.first_bytes import binary_kind, text_of
from convcli.arrayfiles.read import (
    ArrayFileError,
    DamagedError,
    PickledError,
    array_names,
    read_array,
)
from convcli.errors import KernelError, shown, unknown
from convcli.kernels.files.mapping import from_mapping, nested
from convcli.kernels.files.notations import Written, read_matrix, read_notation
from convcli.kernels.kernel import Kernel
from convcli.limits import KERNEL_BYTES, KEY_PARTS
from convcli.stores.files import is_url, plain, public, read_url

__all__ = [
    "COMPONENT",
    "MAX_BYTES",
    "SUFFIXES",
    "decode_kernel",
    "is_kernel_file",
    "parse_toml",
    "read_kernel",
]

# The suffixes of kernel files.
SUFFIXES = (".npy", ".npz", ".json", ".toml", ".csv", ".tsv", ".txt")
# Largest kernel file, packed or unpacked, in bytes.
MAX_BYTES = KERNEL_BYTES.most
# Prefix of the names of several components' arrays in ``.npz``; a number follows.
COMPONENT = "component_"
# The other arrays of an ``.npz`` that are read.
_KEYS = ("name", "source", "kernel", "combine", "bias")

# A dotted key of TOML that has too many parts; quantifiers never give back, so that the search is linear.
_LONG_KEY = re.compile(
    rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{KEY_PARTS.most}}}"""
)
# Names of kernel files, or of an array in one.
_PATH = re.compile(r".*\.(npy|npz|json|toml|csv|tsv|txt)|.*\.npz:.+", re.IGNORECASE | re.DOTALL)
# The content of a kernel file: a mapping, or a matrix alone.
Held = dict[str, Any] | Written


def is_kernel_file(spec: str) -> bool:
    """Return whether `spec` ends like a kernel file, and so names one even if it does not exist."""
    return _PATH.fullmatch(spec) is not None


def read_kernel(path: str) -> Kernel:
    """Read the kernel in a file; ``file.npz:name`` picks one array of several.

    A file without one of the known suffixes is read by its content, so that pipes work.
    """
    member = ""
    if not os.path.exists(path) and ".npz:" in path.lower():
        cut = path.lower().rindex(".npz:") + 4
        path, member = path[:cut], path[cut + 1 :]
    what = f"kernel file {shown(public(path), 200)}"
    data = read_url(path, MAX_BYTES, KernelError) if is_url(path) else _stored(path, what)
    suffix, name = Path(plain(path)).suffix.lower(), Path(plain(path)).stem
    return decode_kernel(data, what, name, suffix if suffix in SUFFIXES else "", member, source=public(path))


def _stored(path: str, what: str) -> bytes:
    try:
        with open(path, "rb") as file:
            if not is_endless(file):
                return file.read(MAX_BYTES + 1)
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
    raise KernelError(f"{what} is a device", hint="name a file")


def decode_kernel(
    data: bytes, what: str, name: str, suffix: str = "", member: str = "", source: str = ""
) -> Kernel:
    """Return the kernel in a file's content; `what` names it in errors.

    `name` and `source` are the kernel's unless the content has its own. An empty `suffix` is found from the
    first bytes. `member` names the array of an ``.npz``.
    """
    if not data.strip():
        raise KernelError(f"{what} is empty", hint="a kernel is rows of numbers, JSON, TOML, .npy or .npz")
    if len(data) > MAX_BYTES:
        raise KernelError(f"{what} is larger than {MAX_BYTES} bytes", hint="is it a kernel?")
    if data.startswith(b"MATLAB "):
        raise KernelError(f"{what} is a MATLAB file", hint="save a table: writematrix(k, 'k.csv')")
    if suffix or binary_kind(data):
        held = _content(data, suffix or f".{binary_kind(data)}", what, member)
    else:
        held = _text_content(_text(data, what), what)
    if isinstance(held, dict):
        return from_mapping({"source": source, **held}, what, name)
    return from_written(held, what, name, source)


def from_written(written: Written, what: str, name: str, source: str) -> Kernel:
    """Return the kernel of a matrix alone."""
    parts = written.weights.shape[0] if written.weights.ndim == 4 else 1
    bias = (written.bias,) * parts
    return Kernel.of(written.weights, name=name, bias=bias, source=source, what=what, notes=written.notes)


def _text_content(text: str, what: str) -> Held:
    """Return the content of a text of unknown format."""
    if re.match(r"\s*(\{|\[\s*\[)", text):
        suffix = ".json"
    elif re.match(r"(\s|#[^\n]*\n)*[A-Za-z_][\w-]*\s*=", text):
        suffix = ".toml"
    else:
        return _numbers(text, what)
    try:
        return _parsed(text, suffix, what)
    except KernelError as error:
        # An error without a cause is about the numbers, not about the syntax.
        if error.__cause__ is None or (found := read_notation(text, what)) is None:
            raise
        return found


def _numbers(text: str, what: str) -> Written:
    return read_notation(text, what) or read_matrix(text, what)


def _content(data: bytes, suffix: str, what: str, member: str) -> Held:
    """Return the content of a file of a known format."""
    if suffix == ".npy":
        return Written(_array(io.BytesIO(data), "npy", what))
    if suffix == ".npz":
        return _npz(data, what, member)
    return _parsed(_text(data, what), suffix, what)


def _parsed(text: str, suffix: str, what: str) -> Held:
    """Return the content of a text of a known format."""
    if suffix == ".json":
        import json  # here, as tomllib, for start-up: most kernels are not in files

        try:
            held = json.loads(text, parse_int=_whole)
        except (ValueError, RecursionError) as error:
            raise KernelError(
                f"{what} is not JSON: {_reason(error)}",
                hint='write [[0, 1], [2, 3]] or {"kernel": [[0, 1], [2, 3]]}',
            ) from error
        return held if isinstance(held, dict) else Written(nested(held, what))
    if suffix == ".toml":
        try:
            return parse_toml(text)
        except ValueError as error:
            raise KernelError(
                f"{what} is not TOML: {error}", hint="write kernel = [[0, 1], [2, 3]]"
            ) from error
    if suffix == ".txt":
        return _numbers(text, what)
    body = re.sub(r"#.*", "", text)
    if ";" in body and "," in body:
        raise KernelError(
            f"{what} has both ';' and ','", hint="write decimal points, and ',' or ';' between the numbers"
        )
    return read_matrix(re.sub(r"[ ]*[\t;][ ]*", ",", text), what, rows_end_at="")


def _whole(digits: str) -> float:
    """Read a whole number of JSON; Python refuses to make an int of thousands of digits."""
    return int(digits) if len(digits) < 1000 else float(digits)


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables of a TOML file; a ValueError says in plain words what is wrong."""
    import tomllib

    if _LONG_KEY.search(text):
        raise ValueError(f"a dotted key has more than {KEY_PARTS.most} parts")
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        raise ValueError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """Return the reason of a parser without Python's own advice."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "a number has thousands of digits" if "max_str_digits" in str(error) else str(error)


def _npz(data: bytes, what: str, member: str) -> Held:
    file = io.BytesIO(data)
    try:
        names = array_names(file, "npz")
    except DamagedError as error:
        raise KernelError(
            f"{what} is not a whole .npz file: {error.message}", hint="save it again"
        ) from error
    ours = "kernel" in names or f"{COMPONENT}0" in names
    if member and member not in names:
        raise unknown(f"array of {what}", member, names, KernelError)
    if member or not ours:
        if not member and len(names) != 1:
            some = ", ".join(map(shown, sorted(names)[:8])) or "none"
            raise KernelError(f"{what} holds several arrays: {some}", hint="pick one: file.npz:name")
        return Written(_array(file, "npz", what, member or names[0]))
    held: dict[str, Any] = {key: _array(file, "npz", what, key) for key in names if key in _KEYS}
    parts = [name for name in names if name.startswith(COMPONENT)]
    if parts:
        numbered = (f"{COMPONENT}{i}" for i in range(len(parts)))
        held["components"] = [_array(file, "npz", what, name) for name in numbered if name in names]
    return held


def _array(file: BinaryIO, kind: str, what: str, member: str = "") -> NDArray[Any]:
    where = f"{what}, array {shown(member)}" if member else what

    def check(_: tuple[int, ...], need: int) -> None:
        if need > MAX_BYTES:
            raise KernelError(f"{where} unpacks to more than {MAX_BYTES} bytes", hint="is it a kernel?")

    try:
        return read_array(file, kind, member, check if member else None)
    except PickledError as error:
        raise KernelError(
            f"{where} holds pickled objects, which can run code", hint="save it as an array of float64"
        ) from error
    except DamagedError as error:
        raise KernelError(
            f"{where} is not a whole .npy file: {error.message}", hint="save it again"
        ) from error
    except ArrayFileError as error:
        raise KernelError(f"{where}{error.message}", hint=error.hint) from error


def _text(data: bytes, what: str) -> str:
    try:
        return text_of(data)
    except UnicodeDecodeError as error:
        raise KernelError(
            f"{what} is not text: byte {error.start + 1} is 0x{data[error.start]:02x}",
            hint=f"a kernel file is one of {' '.join(SUFFIXES)}",
        ) from error
