"""Encode kernels as the bytes of a file."""

import json

import numpy as np

from convcli.arrayfiles.write import encode_array, encode_npz
from convcli.errors import OutputError, shown, unknown
from convcli.kernels.files.mapping import as_mapping
from convcli.kernels.files.read import COMPONENT, SUFFIXES
from convcli.kernels.kernel import Array, Kernel, joins
from convcli.limits import SHOWN_WEIGHTS

__all__ = ["encode_kernel"]


def encode_kernel(kernel: Kernel, suffix: str) -> bytes:
    """Return the bytes of a kernel file from which the weights are read back exactly.

    Name, source, bias and combination are kept by ``.json``, ``.toml`` and ``.npz``. `suffix` is one of
    `SUFFIXES`, in any case.
    """
    spelled = suffix.lower()
    if spelled not in SUFFIXES:
        raise unknown("kernel format", suffix, SUFFIXES, OutputError)
    if spelled not in (".npy", ".npz"):
        size = sum(part.size for part in kernel.components)
        SHOWN_WEIGHTS.check(size, "use .npy or .npz", what=f"kernel {shown(kernel.name)} as text: its size")
    if spelled == ".json":
        return _write_json(kernel).encode()
    if spelled == ".toml":
        return _write_toml(kernel).encode()
    if spelled == ".npz":
        held = as_mapping(kernel)
        parts = held.pop("components", [])
        return encode_npz(held | {f"{COMPONENT}{i}": part for i, part in enumerate(parts)})
    array = _one_array(kernel, spelled, axes=4 if spelled == ".npy" else 2)
    return encode_array(array, spelled[1:], digits=_digits)


def _one_array(kernel: Kernel, suffix: str, axes: int) -> Array:
    parts = kernel.components
    lost = ""
    if any(kernel.bias):
        lost = "a bias"
    elif len(parts) > 1 and not (axes == 4 and joins(parts, kernel.combine)):
        lost = f"{len(parts)} components"
    elif parts[0].ndim > axes:
        lost = f"{parts[0].shape[0]} channels"
    if lost:
        able = ".npy .npz .json or .toml" if lost.endswith("channels") else ".npz .json or .toml"
        raise OutputError(f"{suffix} cannot hold {lost} of kernel {shown(kernel.name)}", hint=f"use {able}")
    return parts[0] if len(parts) == 1 else np.stack(parts)


def _write_json(kernel: Kernel) -> str:
    held = {key: _layout(value, "  ") for key, value in as_mapping(kernel).items()}
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {value}" for key, value in held.items()) + "\n}\n"


def _write_toml(kernel: Kernel) -> str:
    lines = [
        f"{key} = {_toml_text(value) if isinstance(value, str) else _layout(value, '')}\n"
        for key, value in as_mapping(kernel).items()
    ]
    return "".join(lines)


def _toml_text(text: str) -> str:
    """Quote `text`; lone surrogates, as in file names that are not UTF-8, become ``?``."""
    special = {'"': '\\"', "\\": r"\\"}
    held = text.encode("utf-8", "replace").decode()
    escaped = (special.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in held)
    return f'"{"".join(escaped)}"'


def _layout(value: object, indent: str) -> str:
    """Write nested lists with one matrix row per line."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list):
        return _digits(value) if isinstance(value, float) else json.dumps(value)
    if not isinstance(value[0], list | np.ndarray):
        return f"[{', '.join(_layout(item, '') for item in value)}]"
    inner = ",\n".join(f"{indent}  {_layout(item, indent + '  ')}" for item in value)
    return f"[\n{inner}\n{indent}]"


def _digits(value: float) -> str:
    """Write the shortest digits that read back as `value`; -0.0 keeps its sign."""
    text = repr(value)
    return text.removesuffix(".0") if text != "-0.0" else text
