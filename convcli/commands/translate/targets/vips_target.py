"""libvips: `vips conv` and `vips rank` in a script of sh, with `vips embed` for its other borders."""

from collections.abc import Iterator
from functools import reduce
from shlex import quote

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import number
from convcli.commands.translate.operation import Files, Operation
from convcli.commands.translate.targets.picture_tools import (
    LUMA,
    Rank,
    Slide,
    gain_and_offset,
    keeps_size,
    matrix_text,
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


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script of sh."""
    how, gray, steps = plan(operation, files, TITLE, convolves=False)
    source = quote(plain_name(files.input, SPECIAL, TITLE))
    target = quote(plain_name(files.output, SPECIAL, TITLE) + "[strip]")  # its EXIF would turn it once more
    script = _Script(source)
    if not files.input.lower().endswith((".jpg", ".jpeg")):
        script.add("# For grey and RGB of 8 bits, as white is 255; transparency is left out.")
        script.step("extract_band", f"0 --n $((($(vipsheader -f bands {source}) + 1) / 2 * 2 - 1))")
    script.step("autorot")
    if gray:
        script.add("# Luma in whole levels, as convcli has it.")
        script.step("colourspace", "srgb")
        script.step("extract_band", "0 --n 3")
        script.step("recomb", script.matrix(np.array([LUMA]) / 65536))
        script.step("round", "rint")
        script.step("cast", "uchar")
    for step in steps:
        if isinstance(step, Slide):
            _slide(script, step)
        else:
            _rank(script, step)
    _range(script, how)
    yield "set -e"
    yield "t=$(mktemp -d)  # for the steps between"
    yield "trap 'rm -r \"$t\"' EXIT"
    yield from script.lines
    yield f"vips cast {script.picture} {target} uchar  # saturates; strip: EXIF would turn it again"


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
        name, (rows, columns) = self.file("mat"), weights.shape
        text, divisor = matrix_text(weights, " ", "\n")
        header = f"{columns} {rows} {divisor} {number(offset)}"
        self.add(f"cat > {name} <<'END'", header, *text.split("\n"), "END")
        return name

    def sizes(self) -> None:
        """Add the line that asks for width and height."""
        width, height = (f"$(vipsheader -f {side} {self.picture})" for side in ("width", "height"))
        self.add(f"w={width} h={height}")


def _slide(script: _Script, slide: Slide) -> None:
    window = slide.window
    native = window.mode is PadMode.REPLICATE and keeps_size(window) and all(k % 2 for k in window.size)
    if native:
        script.add("# conv pads with copies of the edge: convcli's replicate.")
    else:
        _pad(script, window)
    source = script.picture
    kernels = zip(slide.weights, slide.biases, strict=True)
    made = [script.step("conv", script.matrix(weights, bias), source) for weights, bias in kernels]
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
    _take(script, (1, 1) if native else window.size, window.stride)


def _pad(script: _Script, window: Window) -> None:
    if window.padding == NO_PADDING:
        return
    (top, bottom), (left, right) = window.padding
    script.sizes()
    size = f"$((w + {left + right})) $((h + {top + bottom}))"
    if window.mode is PadMode.REFLECT:
        script.add(
            "# embed's mirror repeats the edge pixel; reflect takes pixel N - |N - x mod 2N|, N = size - 1."
        )
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


def _take(script: _Script, size: tuple[int, int], stride: tuple[int, int]) -> None:
    """Take the results whose windows of `size` lie inside the picture, and of these every so many."""
    (rows, columns), (down, along) = size, stride
    if size == stride == (1, 1):
        return
    script.sizes()
    taken = f"$((w - {columns} + {along})) $((h - {rows} + {down}))"
    if stride == (1, 1):
        script.step("extract_area", f"{columns // 2} {rows // 2} {taken}")
        return
    script.add(
        "# conv and rank have no stride: subsample takes some results, once embed has filled the last block."
    )
    script.step("embed", f"--extend copy -- -{columns // 2} -{rows // 2} {taken}")
    script.step("subsample", f"{along} {down} --point")


def _rank(script: _Script, rank: Rank) -> None:
    window = rank.window
    rows, columns = window.size
    _pad(script, window)
    if rank.mode is PoolMode.MEDIAN:
        script.add("# libvips 8.14 takes wrong ranks of uchar in windows of 5x5 and more.")
        script.step("cast", "float")
    index = {PoolMode.MIN: 0, PoolMode.MEDIAN: window.taps // 2}.get(rank.mode, window.taps - 1)
    script.step("rank", f"{columns} {rows} {index}")
    _take(script, window.size, window.stride)


def _range(script: _Script, how: RangeMode) -> None:
    if how is RangeMode.SCALE:
        script.step("scale")
        return
    if how is RangeMode.ABS:
        script.step("abs")
    gain, offset = gain_and_offset(how)
    if (gain, offset) != (1.0, 0.0):
        script.step("linear", f"{number(gain)} {number(offset)}")
    script.step("round", "rint")
