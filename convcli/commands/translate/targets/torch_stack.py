"""A stack of layers as PyTorch's `nn.Sequential`, which loads the same weights from the same files."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import number, pair
from convcli.commands.translate.operation import Files, StackFile
from convcli.commands.translate.python_script import reading, writing
from convcli.commands.translate.targets.torch_modules import Modules
from convcli.commands.translate.targets.torch_words import (
    CHANNELS_ALIKE,
    pads_by_half,
    pads_itself,
    pool_words,
    sides,
    window_words,
)
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate, GeometryError
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.layers import Activation, Layer, Normalize, Pool, Upsample
from convcli.stacks.preprocess import IMAGENET_DEVIATION, IMAGENET_MEAN
from convcli.stacks.stack import Scale, Stack, called

__all__ = ["network"]

# Channels that are tried, to find how many the layers expect.
_MOST_CHANNELS = 4096
_PADS = {
    PadMode.ZERO: "nn.ZeroPad2d({sides})",
    PadMode.CONSTANT: "nn.ConstantPad2d({sides}, {value})",
    PadMode.REFLECT: "nn.ReflectionPad2d({sides})",
    PadMode.REPLICATE: "nn.ReplicationPad2d({sides})",
    PadMode.WRAP: "nn.CircularPad2d({sides})",
}
# How the maps of several kernels of one channel become one.
_COMBINED = {
    Combine.MAGNITUDE: "x.unflatten(1, (-1, {count})).square().sum(2).sqrt()",
    Combine.SUM: "x.unflatten(1, (-1, {count})).sum(2)",
    Combine.MAX: "x.unflatten(1, (-1, {count})).amax(2)",
    Combine.ORIENTATION: "torch.rad2deg(torch.atan2(x[:, 1::2] + 0.0, x[:, ::2] + 0.0))",
}
_GLOBAL_POOLS = {PoolMode.MAX: "nn.AdaptiveMaxPool2d(1)", PoolMode.AVG: "nn.AdaptiveAvgPool2d(1)"}
_POOLS = {
    PoolMode.MAX: "nn.MaxPool2d({})",
    PoolMode.MIN: "Apply(lambda x: -F.max_pool2d(-x, {}))",
    PoolMode.AVG: "nn.AvgPool2d({})",
}
_ACTIVATIONS = {
    "relu": "nn.ReLU()",
    "leaky-relu": "nn.LeakyReLU({slope})",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "power": "Apply(lambda x: x.clamp(min=0) ** {exponent})",
    "threshold": "nn.Threshold({limit}, {below})",
    "threshold above": "Apply(lambda x: torch.where(x > {limit}, {above}, {below}).to(x.dtype))",
}
# Keys of activations that may be left out.
_DEFAULTS = {"slope": "0.01", "below": "0"}


def network(held: StackFile, files: Files) -> Iterator[str]:
    """Return the lines of a script after its imports."""
    stack, channels = held.stack, _channels(held.stack)
    modules = Modules(os.path.dirname(held.path))
    given = channels or 1
    for place, (layer, table) in enumerate(zip(stack.layers, stack.tables, strict=True), 1):
        try:
            _add(modules, layer, table, given)
        except CannotTranslate as error:
            raise CannotTranslate(f"{called(place, layer)}: {error.message}", hint=error.hint) from error
        given = layer.channels(given)
    yield from modules.lines()
    yield ""
    yield from reading(files, gray=stack.gray)
    yield "x = torch.from_numpy(np.atleast_3d(x).transpose(2, 0, 1).copy()).float()"
    if stack.scale is not Scale.BYTE and not files.reads_numbers:
        yield 'x = x / (np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1)'
    if stack.scale is Scale.IMAGENET:
        yield f"mean = torch.tensor({list(IMAGENET_MEAN)})[:, None, None]"
        yield f"deviation = torch.tensor({list(IMAGENET_DEVIATION)})[:, None, None]"
        yield "x = (x.expand(3, -1, -1) - mean) / deviation"
    yield "with torch.no_grad():"
    if channels:
        yield "    y = net(x[None])[0]"
    else:
        yield f"    {CHANNELS_ALIKE}"
        yield "    y = net(x[:, None]).flatten(0, 1)"
    yield "y = y.permute(1, 2, 0).squeeze(2).numpy()"
    one_is_white = stack.scale is not Scale.BYTE and not files.writes_numbers
    yield from writing(files, RangeMode.UNIT if one_is_white else None)


def _channels(stack: Stack) -> int:
    """Return the channels that the first layer gets; 0 where any number fits."""
    if stack.gray or stack.scale is Scale.IMAGENET:
        return 1 if stack.gray else 3
    fitting = [channels for channels in range(1, _MOST_CHANNELS) if _fits(stack, channels)]
    if not fitting:
        raise CannotTranslate("the layers expect different channels", hint="convcli run names the layer")
    return fitting[0] if len(fitting) == 1 else 0


def _fits(stack: Stack, channels: int) -> bool:
    try:
        for layer in stack.layers:
            channels = layer.channels(channels)
    except GeometryError:
        return False
    return True


def _add(modules: Modules, layer: Layer, table: Mapping[str, Any], given: int) -> None:
    """Add the modules of a layer that gets `given` channels; `table` is how it stands in the file."""
    match layer:
        case Conv():
            outputs = len(layer.weights)
            _convolve(modules, layer.window, given, outputs, layer.groups, bias=layer.bias is not None)
            for name, key, values in (("weight", "weights", layer.weights), ("bias", "bias", layer.bias)):
                if values is not None:
                    modules.set(name, table[key] if isinstance(table[key], str) else values)
        case KernelConv():
            _kernels(modules, layer, given)
        case Pool(whole=True):
            modules.add(_known(_GLOBAL_POOLS, layer.pooling.mode, f"global {layer.pooling.mode} pooling"))
        case Pool():
            _pool(modules, layer)
        case Activation():
            named = {key: number(value) for key, value in table.items() if key not in ("type", "name")}
            text = _ACTIVATIONS["threshold above" if "above" in table else layer.type]
            modules.add(text.format(**_DEFAULTS | named))
        case Normalize():
            _normalize(modules, layer, table, given)
        case Upsample():
            mode = "" if layer.mode == "nearest" else f', mode="{layer.mode}"'
            modules.add(f"nn.Upsample(scale_factor={pair(*layer.factor)}{mode})")


def _known(texts: Mapping[Any, str], key: object, what: str) -> str:
    if key not in texts:
        raise CannotTranslate(f"PyTorch has no module for {what}", hint=f"use {', '.join(texts)}")
    return texts[key]


def _padded(modules: Modules, window: Window) -> None:
    """Add the module that pads."""
    text = _known(_PADS, window.mode, f"{window.mode} padding")
    modules.add(text.format(sides=sides(window), value=number(window.constant)))


def _convolve(modules: Modules, window: Window, given: int, outputs: int, groups: int, *, bias: bool) -> None:
    """Add a convolution, and the padding before it where it has no such padding itself."""
    if not pads_itself(window):
        _padded(modules, window)
    words = [str(given), str(outputs), pair(*window.size)]
    words += window_words(window, padding=pads_itself(window))
    words += [f"groups={groups}"] if groups > 1 else []
    words += [] if bias else ["bias=False"]
    modules.add(f"nn.Conv2d({', '.join(words)})")


def _kernels(modules: Modules, layer: KernelConv, given: int) -> None:
    """Add kernels that slide over every channel alike, or over all at once, and what combines them."""
    count, single = len(layer.kernels), layer.combine is Combine.NONE
    biases = np.array(layer.biases) + (layer.bias if single else 0.0)
    groups = 1 if layer.sums_channels else given
    _convolve(modules, layer.window, given, count * groups, groups, bias=bool(biases.any()))
    view = f".unflatten(0, (-1, {count}))" if count > 1 and groups > 1 else ""
    weights = np.stack(layer.kernels) if layer.sums_channels else np.stack(layer.kernels)[:, None]
    modules.set("weight", weights if count > 1 else layer.kernels[0], view)
    if biases.any():
        modules.set("bias", biases, view)
    if not single:
        added = f" + {number(layer.bias)}" if layer.bias else ""
        modules.add(f"Apply(lambda x: {_COMBINED[layer.combine].format(count=count)}{added})")


def _pool(modules: Modules, layer: Pool) -> None:
    """Add a pooling, and the padding before it where a padding mode is given."""
    how, window = layer.pooling, layer.pooling.window
    text = _known(_POOLS, how.mode, f"{how.mode} pooling")
    if window.mode is not None and window.padding != NO_PADDING:
        _padded(modules, window)
        window, fits = window.unpadded(), not how.ceil
    else:
        fits = pads_by_half(window)
    if not fits or (how.mode is PoolMode.AVG and window.dilation != (1, 1)):
        raise CannotTranslate(
            f"PyTorch has no module for {how.mode} pooling with this padding, dilation or ceil",
            hint="pad by a pad mode, without dilation and ceil",
        )
    counts = how.count_include_pad or how.mode is not PoolMode.AVG
    modules.add(text.format(pool_words(window, ceil=how.ceil, count_include_pad=counts)))


def _normalize(modules: Modules, layer: Normalize, table: Mapping[str, Any], given: int) -> None:
    """Add `nn.BatchNorm2d`, whose statistics are in a file or written out."""
    affine = layer.learned > 0
    overridden = table.keys() & {"mean", "variance", "weight", "bias"} or layer.learned == layer.mean.size
    if "statistics" in table and not overridden:
        eps = f", eps={number(table['eps'])}" if "eps" in table else ""
        modules.add(f"nn.BatchNorm2d({given}{eps}{'' if affine else ', affine=False'})")
        for name in ("running_mean", "running_var", *(("weight", "bias") if affine else ())):
            modules.set(name, f"{table['statistics']}.{name}")
    else:
        modules.add(f"nn.BatchNorm2d({given}, eps=0)")
        for name, values in (("running_mean", layer.mean), ("weight", layer.scale), ("bias", layer.shift)):
            if values.any() or name == "weight":
                modules.set(name, values)
