"""libvips: `vips conv` and `vips rank` in a script of sh, with `vips embed` for its other borders."""

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from shlex import quote

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import number, quotient
from convcli.commands.translate.operation import Files, Operation
from convcli.commands.translate.targets.picture_tools import (
    Pooled,
    Slide,
    level,
    mean_weights,
    plain_name,
    plan,
)
from convcli.conventions import CONVENTIONS, border_name
from convcli.engine.window import NO_PADDING, Window
from convcli.kernels.kernel import Array

__all__ = ["code"]

TITLE = CONVENTIONS["vips"].title
# Characters of file names that libvips reads as something else.
SPECIAL = "[]"
# Weights of luma, of 65536 in all.
LUMA = np.array([[19595, 38470, 7471]]) / 65536


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script of sh."""
    how, gray, slides, pooled = plan(operation, files, TITLE, ranks=True)
    source, target = (quote(plain_name(name, SPECIAL, TITLE)) for name in (files.input, files.output))
    script = _Script(source)
    if not files.input.lower().endswith((".jpg", ".jpeg")):
        script.add("# Transparency is left out.")
        script.step("extract_band", f"0 --n $((($(vipsheader -f bands {source}) + 1) / 2 * 2 - 1))")
    if not files.input.lower().endswith(".png"):
        script.step("autorot")
    if gray:
        script.add("# Luma in whole levels, as convcli has it.")
        script.step("colourspace", "srgb")
        script.step("extract_band", "0 --n 3")
        script.step("recomb", script.matrix(LUMA))
        script.step("round", "rint")
        script.step("cast", "uchar")
    if pooled:
        _pool(script, pooled)
    for slide in slides:
        _slide(script, slide)
    _range(script, how)
    yield "set -e"
    yield "t=$(mktemp -d)  # for the steps between"
    yield "trap 'rm -r \"$t\"' EXIT"
    yield from script.lines
    yield f"vips cast {script.picture} {target} uchar  # saturates, at 8 bits"


class _Script:
    """The lines so far, and the file of the last step."""

    def __init__(self, picture: str) -> None:
        self.picture = picture
        self.lines: list[str] = []
        self._files = 0

    def add(self, *lines: str) -> None:
        self.lines += [line for line in lines if line not in self.lines or not line.startswith("#")]

    def file(self, suffix: str) -> str:
        """Return the name of one more file."""
        self._files += 1
        return f'"$t/{self._files}.{suffix}"'

    def step(self, name: str, rest: str = "", source: str | None = None) -> str:
        """Add one call of vips, whose result is the picture from now on; return that."""
        source, self.picture = self.picture if source is None else source, self.file("v")
        self.add(" ".join(filter(None, ("vips", name, source, self.picture, rest))))
        return self.picture

    def matrix(self, weights: Array, offset: float = 0.0) -> str:
        """Add the lines that write a matrix, with its divisor and what is added in its header."""
        name = self.file("mat")
        whole, divisor = quotient(weights)
        rows, columns = whole.shape
        self.add(f"cat > {name} <<'END'", f"{columns} {rows} {divisor} {number(offset)}")
        self.add(*(" ".join(map(number, row)) for row in whole), "END")
        return name

    def sizes(self) -> None:
        """Add the line that asks for width and height."""
        width, height = (f"$(vipsheader -f {side} {self.picture})" for side in ("width", "height"))
        self.add(f"w={width} h={height}")


def _slide(script: _Script, slide: Slide) -> None:
    window = slide.window
    native = window.mode is PadMode.REPLICATE and slide.same
    if native:
        script.add("# conv pads with copies of the edge: convcli's replicate.")
    else:
        _pad(script, window)
    if slide.turned:
        script.add("# conv does not rotate kernels: these weights are rotated already.")
    source, made, more = script.picture, list[str](), (0, 0)
    if native and not slide.odd:
        script.add("# Zeros at the top and left of even sides move the kernel to where convcli has it.")
        more = (1 - window.size[0] % 2, 1 - window.size[1] % 2)
    for weights, bias in zip(slide.weights, slide.biases, strict=True):
        moved = np.pad(weights, ((more[0], 0), (more[1], 0)))
        made.append(script.step("conv", script.matrix(moved, bias), source))
    if slide.how is Combine.MAX:
        together = " ".join(made).replace('"', "")
        script.step("bandrank", f"--index {len(made) - 1}", f'"{together}"')
    elif slide.how is not None:
        if slide.how is Combine.MAGNITUDE:
            made = [script.step("multiply", source=f"{one} {one}") for one in made]
        script.picture = reduce(lambda one, other: script.step("add", source=f"{one} {other}"), made)
        if slide.how is Combine.MAGNITUDE:
            script.step("math2_const", "pow 0.5")
    if slide.bias:
        script.step("linear", f"1 -- {number(slide.bias)}")
    if native:
        window = replace(window, size=(1, 1))
    _take(script, window)


def _pad(script: _Script, window: Window) -> None:
    if window.padding == NO_PADDING:
        return
    (top, bottom), (left, right) = window.padding
    script.sizes()
    size = f"$((w + {left + right})) $((h + {top + bottom}))"
    if window.mode is PadMode.REFLECT:
        script.add("# embed's mirror repeats the edge pixel; coordinates N - |N - x mod 2N| leave it out.")
        source = script.picture
        script.step("xyz", size, "")
        script.step("linear", f"-- '1 1' '{-left} {-top}'")
        script.step("remainder_const", '"$((w > 1 ? 2 * w - 2 : 1)) $((h > 1 ? 2 * h - 2 : 1))"')
        script.step("linear", '-- "-1 -1" "$((w - 1)) $((h - 1))"')
        script.step("abs")
        script.step("linear", '-- "-1 -1" "$((w - 1)) $((h - 1))"')
        script.step("mapim", f"{script.picture} --interpolate nearest", source)
        return
    how = border_name("vips", str(window.mode)) or "background"
    if window.mode is PadMode.CONSTANT:
        script.step("cast", "float")
        how += f" --background={number(window.constant)}"
    elif how != window.mode:
        script.add(f"# {how} is convcli's {window.mode}.")
    script.step("embed", f"{left} {top} {size} --extend {how}")


def _take(script: _Script, window: Window) -> None:
    """Take the results whose windows lie inside the padded picture, and of these every so many."""
    (rows, columns), (down, along) = window.size, window.stride
    left, top = columns // 2, rows // 2
    if window.stride != (1, 1):
        script.sizes()
        script.add("# conv and rank have no stride: some of their results are taken, of whole blocks.")
        across, downwards = (
            f"$((({side} - {size} + {step}) / {step} * {step}))"
            for side, size, step in (("w", columns, along), ("h", rows, down))
        )
        script.step("embed", f"--extend copy -- -{left} -{top} {across} {downwards}")
        script.step("subsample", f"{along} {down} --point")
    elif (rows, columns) != (1, 1):
        script.sizes()
        script.step("extract_area", f"{left} {top} $((w - {columns - 1})) $((h - {rows - 1}))")


def _pool(script: _Script, how: Pooled) -> None:
    window = how.window
    (rows, columns), taps = window.span, window.taps
    _pad(script, window)
    if how.mode is PoolMode.AVG:
        script.step("conv", script.matrix(mean_weights(window)))
    elif how.mode is PoolMode.MEDIAN:
        script.add("# libvips 8.14 takes wrong ranks of uchar in windows of 5x5 and more.")
        script.step("cast", "float")
        script.step("rank", f"{columns} {rows} {taps // 2}")
    else:
        script.step("rank", f"{columns} {rows} {0 if how.mode is PoolMode.MIN else taps - 1}")
    _take(script, replace(window, size=window.span, dilation=(1, 1)))


def _range(script: _Script, how: RangeMode) -> None:
    if how is RangeMode.SCALE:
        script.step("scale")
        return
    if how is RangeMode.ABS:
        script.step("abs")
    scale, offset = level(how)
    if (scale, offset) != (1.0, 0.0):
        script.step("linear", f"{number(scale)} {number(offset)}")
    script.step("round", "rint")
