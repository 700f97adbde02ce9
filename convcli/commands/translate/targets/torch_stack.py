"""A stack of layers as PyTorch's `nn.Sequential`, which loads the same weights from the same files."""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode
from convcli.commands.translate.literals import number
from convcli.commands.translate.operation import Files, StackFile
from convcli.commands.translate.python_script import quoted, reading, saved
from convcli.commands.translate.targets.torch_files import Sources, split, tensor, tensor_of
from convcli.commands.translate.targets.torch_words import (
    numbers,
    one_or_two,
    pads_by_half,
    pads_itself,
    pool_words,
    sides,
    tensor_lines,
    window_words,
)
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.layers import Activation, Layer, Normalize, Pool, Upsample, channels_of
from convcli.stacks.preprocess import IMAGENET_DEVIATION, IMAGENET_MEAN
from convcli.stacks.stack import Scale

__all__ = ["network"]

# Modules of the padding modes that PyTorch has.
_PADS = {
    PadMode.ZERO: "nn.ZeroPad2d({})",
    PadMode.REFLECT: "nn.ReflectionPad2d({})",
    PadMode.REPLICATE: "nn.ReplicationPad2d({})",
    PadMode.WRAP: "nn.CircularPad2d({})",
}
# How the maps of several kernels of one channel become one.
_COMBINED = {
    Combine.MAGNITUDE: "x.unflatten(1, (-1, {})).square().sum(2).sqrt()",
    Combine.SUM: "x.unflatten(1, (-1, {})).sum(2)",
    Combine.MAX: "x.unflatten(1, (-1, {})).amax(2)",
    Combine.ORIENTATION: "torch.rad2deg(torch.atan2(x[:, 1::2] + 0.0, x[:, ::2] + 0.0))",
}
# A layer that PyTorch has no module for.
_APPLY = (
    "",
    "",
    "class Apply(nn.Module):",
    "    def __init__(self, function):",
    "        super().__init__()",
    "        self.function = function",
    "",
    "    def forward(self, x):",
    "        return self.function(x)",
    "",
    "",
)


class _Module(NamedTuple):
    """A module, and what its parameters and statistics are set to: an expression for each."""

    code: str
    state: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()


def network(held: StackFile, files: Files) -> Iterator[str]:
    """Return the lines of a script after its imports."""
    stack = held.stack
    expected = 1 if stack.gray else 3 if stack.scale is Scale.IMAGENET else _expected(stack.layers)
    modules, given = list[_Module](), expected or 1
    sources = Sources(os.path.dirname(held.path), {})
    for place, (layer, table) in enumerate(zip(stack.layers, held.tables, strict=True), 1):
        where = f"layer {place} ({layer.type} {layer.name!r})"
        modules += _modules(layer, table, sources, given, where)
        given = layer.channels(given)
    applies = any(module.code.startswith("Apply(") for module in modules)
    yield from _APPLY if applies else ()
    yield from (f"{name} = {call}" for call, name in sources.loaded.items())
    if expected:
        yield f"# For pictures of {channels_of(expected)}."
    yield "net = nn.Sequential("
    yield from (f"    {module.code}," for module in modules)
    yield ").eval()"
    for index, module in enumerate(modules):
        yield from module.lines
        for name, value in module.state:
            yield f"net[{index}].{name}.data = {value}"
    yield ""
    yield from _input(held, files)
    yield "with torch.no_grad():"
    if expected:
        yield "    y = net(x[None])[0]"
    else:
        yield "    # Every channel is treated alike: together they are a batch of pictures of one channel."
        yield "    y = net(x[:, None]).flatten(0, 1)"
    yield from _output(held, files)


def _expected(layers: tuple[Layer, ...]) -> int:
    """Return the channels that the first layer with weights for each expects; 0 where none has them."""
    for layer in layers:
        if isinstance(layer, Conv):
            return int(layer.weights.shape[1]) * layer.groups
        if isinstance(layer, KernelConv) and layer.sums_channels:
            return int(layer.kernels[0].shape[0])
        if isinstance(layer, Normalize) and layer.mean.size > 1:
            return int(layer.mean.size)
    return 0


def _modules(
    layer: Layer, table: dict[str, Any], sources: Sources, given: int, where: str
) -> Iterator[_Module]:
    source = partial(tensor_of, sources=sources)
    match layer:
        case Conv():
            if not pads_itself(layer.window):
                yield from _padded(layer.window, where)
            bias = layer.bias is not None
            outputs, depth = layer.weights.shape[:2]
            code = _conv(depth * layer.groups, int(outputs), layer.window, layer.groups, bias=bias)
            weights = source(table["weights"], "weight", layer.weights)
            state = [("weight", weights[0])]
            lines = list(weights[1])
            if layer.bias is not None:
                value, more = source(table["bias"], "bias", layer.bias)
                state.append(("bias", value))
                lines += more
            yield _Module(code, tuple(state), tuple(lines))
        case KernelConv():
            if not pads_itself(layer.window):
                yield from _padded(layer.window, where)
            yield from _kernels(layer, given)
        case Pool():
            yield from _pool(layer, where)
        case Activation():
            yield _Module(_activation(layer, table))
        case Normalize():
            yield _normalize(layer, table, sources)
        case Upsample():
            mode = "" if layer.mode == "nearest" else f', mode="{layer.mode}"'
            yield _Module(f"nn.Upsample(scale_factor={one_or_two(layer.factor)}{mode})")
        case _:
            raise CannotTranslate(f"{where} has no module in PyTorch", hint="leave it out")


def _conv(inputs: int, outputs: int, window: Window, groups: int, *, bias: bool) -> str:
    words = [str(inputs), str(outputs), one_or_two(window.size)]
    words += window_words(window, padding=pads_itself(window))
    words += [f"groups={groups}"] if groups > 1 else []
    words += [] if bias else ["bias=False"]
    return f"nn.Conv2d({', '.join(words)})"


def _padded(window: Window, where: str) -> Iterator[_Module]:
    """Return the module that pads."""
    if window.mode is PadMode.CONSTANT:
        yield _Module(f"nn.ConstantPad2d({sides(window)}, {number(window.constant)})")
    elif window.mode in _PADS:
        yield _Module(_PADS[window.mode].format(sides(window)))
    else:
        raise CannotTranslate(
            f"{where}: PyTorch has no module that mirrors with the edge pixel repeated",
            hint='use pad = "reflect", which does not repeat it, or another',
        )


def _kernels(layer: KernelConv, given: int) -> Iterator[_Module]:
    """Return kernels that slide over every channel alike, or over all at once, and what combines them."""
    count = len(layer.kernels)
    weights, groups = np.stack(layer.kernels), 1
    if not layer.sums_channels:
        weights, groups = weights[:, None], given
    biases = np.array(layer.biases) + (layer.bias if layer.combine is Combine.NONE else 0.0)
    repeated = f".repeat({groups}, 1, 1, 1)" if groups > 1 else ""
    state = [("weight", f"k{repeated}")]
    if biases.any():
        state.append(("bias", f"torch.tensor({numbers(biases)}){f'.repeat({groups})' if groups > 1 else ''}"))
    code = _conv(given, count * groups, layer.window, groups, bias=bool(biases.any()))
    yield _Module(code, tuple(state), tuple(tensor_lines("k", weights, "torch.float32")))
    if layer.combine is not Combine.NONE:
        added = f" + {number(layer.bias)}" if layer.bias else ""
        yield _Module(f"Apply(lambda x: {_COMBINED[layer.combine].format(count)}{added})")


def _pool(layer: Pool, where: str) -> Iterator[_Module]:
    how = layer.pooling
    window = how.window
    if layer.whole:
        kind = {PoolMode.MAX: "Max", PoolMode.AVG: "Avg"}.get(how.mode)
        if kind is None:
            raise CannotTranslate(f"{where}: PyTorch has no global {how.mode} pooling", hint="use max or avg")
        yield _Module(f"nn.Adaptive{kind}Pool2d(1)")
        return
    if window.mode is not None and window.padding != NO_PADDING:
        if how.ceil:
            raise CannotTranslate(f"{where}: ceil counts padding as the picture", hint="leave it out")
        yield from _padded(window, where)
        window = window.unpadded()
    elif not pads_by_half(window):
        raise CannotTranslate(
            f"{where}: PyTorch pads poolings alike at both sides, by up to half the window",
            hint="pad before it, by a pad mode",
        )
    words = pool_words(window, ceil=how.ceil)
    if how.mode is PoolMode.MAX:
        yield _Module(f"nn.MaxPool2d({', '.join(words)})")
    elif how.mode is PoolMode.MIN:
        yield _Module(f"Apply(lambda x: -F.max_pool2d(-x, {', '.join(words)}))")
    elif how.mode is PoolMode.AVG and window.dilation == (1, 1):
        words += [] if how.count_include_pad else ["count_include_pad=False"]
        yield _Module(f"nn.AvgPool2d({', '.join(words)})")
    elif (
        how.mode is PoolMode.LP
        and window.dilation == (1, 1)
        and window.padding == NO_PADDING
        and not how.ceil
    ):
        yield _Module(f"Apply(lambda x: F.lp_pool2d(x.abs(), {number(how.p)}, {', '.join(words)}))")
    else:
        raise CannotTranslate(f"{where}: PyTorch has no module for this pooling", hint="use max or avg")


def _activation(layer: Activation, table: dict[str, Any]) -> str:
    kind = layer.type
    if kind == "threshold":
        limit, below = number(table["limit"]), number(table.get("below", 0))
        if "above" not in table:
            return f"nn.Threshold({limit}, {below})"
        return f"Apply(lambda x: torch.where(x > {limit}, {number(table['above'])}, {below}).to(x.dtype))"
    return {
        "relu": "nn.ReLU()",
        "leaky-relu": f"nn.LeakyReLU({number(table.get('slope', 0.01))})",
        "sigmoid": "nn.Sigmoid()",
        "tanh": "nn.Tanh()",
        "power": f"Apply(lambda x: x.clamp(min=0) ** {number(table.get('exponent', 1))})",
    }[kind]


def _normalize(layer: Normalize, table: dict[str, Any], sources: Sources) -> _Module:
    """Return `nn.BatchNorm2d` for statistics of a file, else the arithmetic."""
    source = table.get("statistics")
    if isinstance(source, str) and not set(table) & {"mean", "variance", "weight", "bias"}:
        path, prefix = split(source)
        loaded = sources.file(path)
        known = ["running_mean", "running_var", *(("weight", "bias") if layer.learned else ())]
        eps = f", eps={number(table['eps'])}" if "eps" in table else ""
        affine = "" if layer.learned else ", affine=False"
        state = tuple((name, tensor(f'{loaded}["{prefix}.{name}"]', path)) for name in known)
        return _Module(f"nn.BatchNorm2d({layer.mean.size}{eps}{affine})", state)
    mean, scale, shift = (
        number(values.item()) if values.size == 1 else f"torch.tensor({numbers(values)})[:, None, None]"
        for values in (layer.mean, layer.scale, layer.shift)
    )
    return _Module(f"Apply(lambda x: (x - {mean}) * {scale} + {shift})")


def _input(held: StackFile, files: Files) -> Iterator[str]:
    stack = held.stack
    yield from reading(files, gray=stack.gray)
    yield "x = torch.from_numpy(np.atleast_3d(x).transpose(2, 0, 1).copy()).float()"
    if stack.scale is not Scale.BYTE:
        yield 'x = x / (np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1)'
    if stack.scale is Scale.IMAGENET:
        for name, values in (("mean", IMAGENET_MEAN), ("deviation", IMAGENET_DEVIATION)):
            yield f"{name} = torch.tensor({list(values)})[:, None, None]"
        yield "x = (x.expand(3, -1, -1) - mean) / deviation"


def _output(held: StackFile, files: Files) -> Iterator[str]:
    yield "y = y.permute(1, 2, 0).numpy()"
    yield "y = y[..., 0] if y.shape[2] == 1 else y"
    if files.writes_numbers:
        yield f"np.save({quoted(files.output)}, y)"
        return
    white = "y" if held.stack.scale is Scale.BYTE else "y * 255"
    yield f"y = np.clip(np.rint({white}), 0, 255).astype(np.uint8)"
    yield f"Image.fromarray(y).save({saved(files.output)})"
