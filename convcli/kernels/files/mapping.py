"""Conversion of kernels to and from mappings, the content of JSON, TOML and .npz files."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Combine
from convcli.errors import KernelError, UsageError, shown
from convcli.kernels.kernel import AXES_HINT, PLACES, Array, Kernel, as_weights, joins
from convcli.kernels.text import read_number

__all__ = ["as_mapping", "from_mapping", "nested"]


def as_mapping(kernel: Kernel) -> dict[str, Any]:
    """Return ``name``, ``source``, ``kernel`` or ``components``, ``combine`` and ``bias``.

    ``kernel`` is one array of 2, 3 or 4 axes; ``components`` a list of arrays that do not form one.
    ``combine`` and ``bias`` are left out at their defaults.
    """
    held: dict[str, Any] = {"name": kernel.name}
    if kernel.source:
        held["source"] = kernel.source
    if len(kernel.components) == 1:
        held["kernel"] = kernel.components[0]
    elif joins(kernel.components, kernel.combine):
        held["kernel"] = np.stack(kernel.components)
    else:
        held["components"] = list(kernel.components)
        held["combine"] = kernel.combine.value
    if any(kernel.bias):
        held["bias"] = list(kernel.bias)
    return held


def from_mapping(held: Mapping[str, Any], what: str, name: str) -> Kernel:
    """Return the kernel of a mapping; keys other than those of `as_mapping` are ignored."""
    if ("kernel" in held) == ("components" in held):
        found = "both 'kernel' and 'components'" if "kernel" in held else "neither 'kernel' nor 'components'"
        raise KernelError(
            f"{what} has {found}", hint="'kernel' is a nested list of numbers; 'components' a list of those"
        )
    if "kernel" in held:
        array = as_weights(nested(held["kernel"], what), what)
        components = tuple(array) if array.ndim == 4 else (array,)
    else:
        components = _components(held["components"], what)
    own_name, combine, source = (_text(held, key, what) for key in ("name", "combine", "source"))
    bias = _biases(held.get("bias"), what)
    try:
        return Kernel(own_name or name, components, Combine.parse(combine or "none"), bias, source)
    except UsageError as error:
        raise KernelError(f"{what}: {error.message}", hint=error.hint) from error


def nested(value: object, what: str) -> NDArray[Any]:
    """Return nested lists of numbers as an array; a string may hold a fraction, such as ``"1/9"``."""
    if isinstance(value, np.ndarray):
        return value
    shape: list[int] = []
    level = value
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    if len(shape) > 4:
        raise KernelError(f"{what} has {len(shape)} axes", hint=AXES_HINT)
    flat: list[float] = []
    _flatten(value, shape, what, (), flat)
    return np.array(flat, dtype=np.float64).reshape(shape)


def _flatten(value: object, shape: list[int], what: str, path: tuple[int, ...], flat: list[float]) -> None:
    axes = PLACES.get(len(path) + len(shape), ("entry",) * 4)
    where = ", ".join(f"{axis} {i + 1}" for axis, i in zip(axes, path, strict=False))
    if not shape:
        flat.append(_number(value, what, where))
        return
    if not isinstance(value, list):
        found = f"is {_said(value)}, the first is a list"
    elif len(value) != shape[0]:
        unit = "number" if len(shape) == 1 else "list"
        found = f"has {len(value)} {unit}{'' if len(value) == 1 else 's'}, the first has {shape[0]}"
    else:
        for place, item in enumerate(value):
            _flatten(item, shape[1:], what, (*path, place), flat)
        return
    raise KernelError(f"{what}: {where} {found}", hint="give every row as many numbers as the first")


def _number(value: object, what: str, where: str) -> float:
    try:
        if isinstance(value, str):
            return read_number(value.strip())
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        wrong = f"{_said(value)} is not a number"
    except (ValueError, OverflowError) as error:
        wrong = str(error)
    place = f" ({where})" if where else ""
    raise KernelError(f"{what}: {wrong}{place}", hint="write numbers such as 2, -0.5 or 1e-3, nested evenly")


def _components(value: object, what: str) -> tuple[Array, ...]:
    if not isinstance(value, list) or not value:
        raise KernelError(f"{what}: 'components' is not a list", hint="give a list of nested lists")
    return tuple(
        as_weights(nested(item, f"{what}, component {i}"), f"{what}, component {i}", most_axes=3)
        for i, item in enumerate(value, 1)
    )


def _biases(value: object, what: str) -> tuple[float, ...]:
    if value is None:
        return ()
    array = nested(value, f"{what}, bias")
    if array.ndim > 1 or array.dtype.kind not in "biuf":
        raise KernelError(f"{what}: 'bias' is not a list of numbers", hint="give one number per map")
    return tuple(float(item) for item in array.reshape(-1))


def _text(held: Mapping[str, Any], key: str, what: str) -> str:
    value = held.get(key)
    if value is None:
        return ""
    if isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.ndim == 0:
        return str(value)
    if not isinstance(value, str):
        raise KernelError(f"{what}: {key!r} is {_said(value)}, not a text", hint="put it in quotes")
    return value


def _said(value: object) -> str:
    if isinstance(value, str):
        return shown(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    kinds = {dict: "an object", list: "a list", int: "a number", float: "a number", np.ndarray: "an array"}
    return kinds.get(type(value), f"a {type(value).__name__}")
