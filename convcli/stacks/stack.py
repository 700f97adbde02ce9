"""Reading a stack of layers from its TOML file."""

import os
import re
from collections import Counter
from math import prod
from typing import Any, NamedTuple

from convcli.choices import Choice
from convcli.errors import GeometryError, UsageError, shown
from convcli.kernels.files.read import parse_toml
from convcli.limits import LAYERS, STACK_BYTES, UPSAMPLING
from convcli.stacks.build import build
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.fields import Fields
from convcli.stacks.geometry import AxisMap
from convcli.stacks.layers import Layer
from convcli.stacks.weights import Weights
from convcli.stores.files import opened_file, plain, public

__all__ = ["Scale", "Stack", "called", "read_stack"]


class Scale(Choice):
    """How pixels are scaled for the first layer's input."""

    UNIT = "unit"  # black is 0, white 1
    BYTE = "byte"  # pixels as they are
    IMAGENET = "imagenet"  # 0 to 1, then minus ImageNet's mean over its deviation


class Stack(NamedTuple):
    """Layers in order; `name` is safe in file names, `gray` takes luma before `scale`; `files` were read.

    `notes` are about how its kernels were read; `tables` are the layers as they stand in the file.
    """

    name: str
    scale: Scale
    gray: bool
    layers: tuple[Layer, ...]
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[dict[str, Any], ...] = ()

    def axis_maps(self) -> tuple[list[AxisMap], list[AxisMap]]:
        """Return the axis maps of all layers along rows, and along columns."""
        maps = [layer.axis_maps() for layer in self.layers]
        return [rows for rows, _ in maps], [columns for _, columns in maps]


def read_stack(path: str) -> Stack:
    """Read a stack and all the weights that it names, and check that its layers fit each other."""
    what = shown(public(path), 200)
    top = Fields(_load(path, what), what)
    scale, gray = top.choice("scale", Scale.UNIT), top.flag("gray", False)
    if gray and scale is Scale.IMAGENET:
        raise UsageError(f"{what}: gray and scale 'imagenet' exclude each other", hint="ImageNet is RGB")
    tables = top.take("layer")
    top.finish()
    if not isinstance(tables, list) or not tables or not all(isinstance(each, dict) for each in tables):
        raise UsageError(f"{what} has no layers", hint="write [[layer]] and type = ... for each")
    LAYERS.check(len(tables), "split the stack", what=f"{what}: number of layers")
    weights = Weights(os.path.dirname(path))
    counts: Counter[str] = Counter()
    layers = tuple(_layer(each, f"{what}, layer {at}", weights, counts) for at, each in enumerate(tables, 1))
    for axis in (0, 1):
        factor = prod(layer.axis_maps()[axis].factor for layer in layers)
        UPSAMPLING.check(factor, "use smaller factors", what=f"{what}: upsampling in all by")
    _check_channels(layers, what, 1 if gray else 3 if scale is Scale.IMAGENET else None)
    stem = os.path.splitext(os.path.basename(plain(path)))[0]
    name = re.sub(r"[^\w.+-]+", "-", stem).strip("-.") or "stack"
    return Stack(name, scale, gray, layers, tuple(weights.files), tuple(weights.notes), tuple(tables))


def _load(path: str, what: str) -> dict[str, Any]:
    try:
        with opened_file(path, UsageError) as file:
            data = file.read(STACK_BYTES.most + 1)
    except UsageError:
        raise
    except FileNotFoundError as error:
        raise UsageError(f"no such stack file: {what}", hint="check the name and the folder") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"stack file {what} cannot be read: {reason}", hint="name a TOML file") from error
    if len(data) > STACK_BYTES.most:
        raise UsageError(
            f"{what} is larger than {STACK_BYTES.most} bytes", hint="put weights into .npz files"
        )
    # Tables are counted before they are parsed, which takes seconds for 100,000.
    LAYERS.check(data.count(b"[[layer]]"), "split the stack", what=f"{what}: number of layers")
    try:
        return parse_toml(data.decode("utf-8-sig"))
    except ValueError as error:
        raise UsageError(
            f"{what} is not TOML: {error}", hint="docs/stacks.md shows what a stack looks like"
        ) from error


def _layer(table: dict[str, Any], where: str, weights: Weights, counts: Counter[str]) -> Layer:
    keys = Fields(table, where)
    kind = keys.text("type")
    if not kind:
        raise UsageError(f"{where}: type is missing", hint='write type = "conv"')
    counts[kind] += 1
    name = keys.text("name") or f"{kind}{counts[kind]}"
    return build(Fields(table, f"{where} ({shown(kind)[1:-1]})").knowing("type", "name"), weights, kind, name)


def called(index: int, layer: Layer) -> str:
    """Return the name of a layer in errors; the first is 1."""
    return f"layer {index} ({layer.type} {layer.name!r})"


def _check_channels(layers: tuple[Layer, ...], what: str, given: int | None) -> None:
    """Refuse layers whose channels do not fit each other; None is a number of channels not known yet."""
    for index, layer in enumerate(layers, 1):
        try:
            given = layer.channels(given) if given is not None else _channels(layer)
        except GeometryError as error:
            raise UsageError(f"{what}, {called(index, layer)} {error.message}", hint=error.hint) from error


def _channels(layer: Layer) -> int | None:
    """Return a layer's output channels where they do not depend on its input, else None."""
    if isinstance(layer, Conv):
        return int(layer.weights.shape[0])
    if isinstance(layer, KernelConv) and layer.sums_channels:
        return layer.channels(layer.kernels[0].shape[0])
    return None
