"""Builds layers from the keys of their ``[[layer]]`` tables."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode
from convcli.display.words import size
from convcli.engine.arrays import Array
from convcli.engine.layers import activations
from convcli.engine.layers.activations import UpsampleMode
from convcli.engine.pooling.pool2d import Pooling
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import KernelError, UsageError, unknown
from convcli.kernels.files.mapping import nested
from convcli.kernels.files.read import is_kernel_file
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.fields import Fields
from convcli.stacks.layers import Activation, Layer, Normalize, Pool, Upsample
from convcli.stacks.weights import Weights

__all__ = ["TYPES", "build"]

Builder = Callable[[Fields, Weights, str, str], Layer]


def build(keys: Fields, weights: Weights, kind: str, name: str) -> Layer:
    """Return the layer of type `kind` that `keys` describe."""
    builder = TYPES.get(kind)
    if builder is None:
        error = unknown("layer type", kind, TYPES)
        raise keys.error(error.message, error.hint)
    layer = builder(keys, weights, kind, name)
    keys.finish()
    return layer


def _window(keys: Fields, taps: tuple[int, int], stride: object = 1) -> Window:
    pad = keys.choice("pad", PadMode.ZERO)
    value = keys.number("pad_value", 0.0)
    if value and pad is not PadMode.CONSTANT:
        raise keys.error(f"pad_value has no effect with pad {pad}", 'set pad = "constant"')
    padding = keys.padding()
    if pad is PadMode.VALID and padding not in ("same", "valid", NO_PADDING):
        raise keys.error("padding contradicts pad 'valid'", "leave one of them out")
    strides, dilations = keys.pair("stride", stride), keys.pair("dilation", 1)
    return Window.of(taps, strides, padding, dilations, pad, value)


def _conv(keys: Fields, weights: Weights, kind: str, name: str) -> Layer:
    given = keys.given("weights", "kernel")
    if len(given) != 1:
        found = "both weights and kernel" if given else "neither weights nor kernel"
        raise keys.error(f"it has {found}", "give weights (4 axes, or a file's tensor) or a kernel SPEC")
    if given == ["kernel"]:
        return _kernel_conv(keys, weights, kind, name)
    array = weights.array(keys.take("weights"), f"{keys.where}: weights")
    if array.ndim != 4 or 0 in array.shape:
        shape = size(array.shape) or "a single number"
        raise keys.error(
            f"weights are {shape}, not outputs, channels, rows, columns",
            "kernel = ... slides one matrix over every channel" if array.ndim == 2 else "give 4 axes",
        )
    bias = _vector(keys, weights, "bias")
    if bias is not None and bias.size != array.shape[0]:
        raise keys.error(
            f"bias has {bias.size} numbers for {array.shape[0]} outputs", "give one for each output"
        )
    groups = keys.pair("groups", 1)[0]
    if array.shape[0] % groups:
        raise keys.error(f"{array.shape[0]} outputs do not divide into {groups} groups", "change groups")
    window = _window(keys, (array.shape[2], array.shape[3]))
    return Conv(type=kind, name=name, weights=array, bias=bias, groups=groups, window=window)


def _kernel_conv(keys: Fields, weights: Weights, kind: str, name: str) -> Layer:
    found = _kernel(keys, weights)
    how = keys.choice("combine", found.combine)
    shape = found.components[0].shape
    if any(part.shape != shape for part in found.components):
        raise keys.error(f"the kernels of {found.name!r} differ in size", "use a layer for each")
    if how is Combine.ORIENTATION and len(found.components) != 2:
        raise keys.error(
            f"orientation needs two kernels, not {len(found.components)}", "use a pair such as sobel"
        )
    return KernelConv(
        type=kind,
        name=name,
        kernels=found.components,
        biases=found.bias,
        combine=how if len(found.components) > 1 else Combine.NONE,
        bias=keys.number("bias", 0.0),
        window=_window(keys, (shape[-2], shape[-1])),
    )


def _kernel(keys: Fields, weights: Weights) -> Kernel:
    spec = keys.take("kernel")
    what = f"{keys.where}: kernel"
    try:
        if isinstance(spec, list):
            return Kernel.of(nested(spec, what), what=what)
        if not isinstance(spec, str):
            raise keys.wrong("kernel", spec, "a kernel SPEC in quotes, or nested lists")
        if spec == "-":
            raise UsageError(f"{what} cannot come from stdin", hint="name a file")
        inside = os.path.join(weights.folder, spec)
        if is_kernel_file(spec) or os.path.isfile(inside):
            spec = inside
            weights.files.append(inside)
        found = kernel(spec)
        weights.notes += (f"{keys.where}: {note}" for note in found.notes)
        return found
    except KernelError as error:
        message = error.message if error.message.startswith(what) else f"{keys.where}: {error.message}"
        raise UsageError(message, hint=error.hint) from error


def _vector(keys: Fields, weights: Weights, key: str, default: object = None) -> Array | None:
    value = keys.take(key, default)
    if value is None:
        return None
    found = weights.array(value, f"{keys.where}: {key}")
    if found.ndim > 1 or found.size == 0:
        raise keys.error(f"{key} has {found.ndim} axes", "give a number, or a list of one for each channel")
    return found.reshape(-1)


def _pool(keys: Fields, _: Weights, kind: str, name: str) -> Layer:
    whole = keys.flag("global", False)
    if whole and (extra := keys.given("size", "stride", "padding", "dilation", "ceil", "pad")):
        raise keys.error(f"global and {extra[0]} exclude each other", "leave one out")
    pads = bool(keys.given("pad"))
    norm = keys.number("norm", 2.0)
    if norm <= 0:
        raise keys.error(f"norm {norm:g} is not above 0", "use 1, 2 or any greater number")
    taps = keys.pair("size", 2)
    window = _window(keys, taps, list(taps))
    counts = keys.flag("count_include_pad", True)
    if pads and not counts:
        raise keys.error("pixels made up by pad always count", "leave one of them out")
    mode, ceil = keys.choice("mode", PoolMode.MAX), keys.flag("ceil", False)
    pooling = Pooling(window if pads else replace(window, mode=None), mode, ceil, counts, norm)
    return Pool(type=kind, name=name, pooling=pooling, whole=whole)


def _fixed(_: Fields, __: Weights, kind: str, name: str) -> Layer:
    return Activation(type=kind, name=name, function=getattr(activations, kind))


def _leaky(keys: Fields, _: Weights, kind: str, name: str) -> Layer:
    slope = keys.number("slope", 0.01)
    return Activation(type=kind, name=name, function=partial(activations.leaky_relu, slope=slope))


def _threshold(keys: Fields, _: Weights, kind: str, name: str) -> Layer:
    if not keys.given("limit"):
        raise keys.error("limit is missing", "numbers above it pass")
    limit, below = keys.number("limit", 0.0), keys.number("below", 0.0)
    above = keys.number_or_none("above")
    function = partial(activations.threshold, limit=limit, below=below, above=above)
    return Activation(type=kind, name=name, function=function)


def _power(keys: Fields, _: Weights, kind: str, name: str) -> Layer:
    if not keys.given("exponent"):
        raise keys.error("exponent is missing", "below 1 makes dark pixels lighter")
    exponent = keys.number("exponent", 1.0)
    if exponent <= 0:
        raise keys.error(f"exponent {exponent:g} is not above 0", "use 0.5, 2 and so on")
    return Activation(type=kind, name=name, function=partial(activations.power, exponent=exponent))


def _normalize(keys: Fields, weights: Weights, kind: str, name: str) -> Layer:
    source = keys.text("statistics")
    prefix: dict[str, str] = {}
    if source:
        known = {"mean": "running_mean", "variance": "running_var", "weight": "weight", "bias": "bias"}
        start, names = weights.names(source, f"{keys.where}: statistics")
        stem = start.rpartition(":")[2]
        prefix = {
            key: f"{start}.{tensor}" for key, tensor in known.items() if f"{stem}.{tensor}" in names
        } | {key: f"{start}.{known[key]}" for key in ("mean", "variance")}
    if not source and not keys.given("mean", "std", "variance"):
        raise keys.error(
            "mean and std are missing",
            'give mean and std, mean and variance, or statistics = "file.safetensors:bn1"',
        )
    if len(keys.given("std", "variance")) == 2 or (source and keys.given("std")):
        raise keys.error("std and variance are both given", "leave one of them out")
    if keys.given("std") and keys.given("eps"):
        raise keys.error("eps belongs to variance, not to std", "leave eps out")
    mean = _vector(keys, weights, "mean", prefix.get("mean", 0.0))
    std = _vector(keys, weights, "std")
    variance = _vector(keys, weights, "variance", prefix.get("variance"))
    eps = keys.number("eps", 1e-5)
    weight, bias = (_vector(keys, weights, key, prefix.get(key)) for key in ("weight", "bias"))
    if std is None:
        spread = np.asarray(1.0 if variance is None else variance, np.float64)
        with np.errstate(all="ignore"):
            std = np.sqrt(spread + (eps if variance is not None else 0.0))
    if not (np.isfinite(std).all() and (std > 0).all()):
        raise keys.error("std and variance must be above 0, and finite", "are they the right numbers?")
    with np.errstate(all="ignore"):
        scale = (1.0 if weight is None else weight.astype(np.float64)) / std.astype(np.float64)
    if not np.isfinite(scale).all():
        raise keys.error("weight / std is beyond the range of numbers", "are they the right numbers?")
    learned = sum(each.size for each in (weight, bias) if each is not None)
    shift = np.zeros(1) if bias is None else bias
    assert mean is not None  # it has a default
    return Normalize(
        type=kind, name=name, mean=mean, scale=np.atleast_1d(scale), shift=shift, learned=learned
    )


def _upsample(keys: Fields, _: Weights, kind: str, name: str) -> Layer:
    factor = keys.pair("factor", 2)
    return Upsample(type=kind, name=name, factor=factor, mode=keys.choice("mode", UpsampleMode.NEAREST))


# The builder of every layer type.
TYPES: dict[str, Builder] = {
    "conv": _conv,
    "pool": _pool,
    "relu": _fixed,
    "leaky-relu": _leaky,
    "sigmoid": _fixed,
    "tanh": _fixed,
    "power": _power,
    "normalize": _normalize,
    "upsample": _upsample,
    "threshold": _threshold,
}
