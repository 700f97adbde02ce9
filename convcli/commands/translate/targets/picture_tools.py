"""What the targets without Python share: what none of them can do, and kernels on one padded picture."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from shlex import quote
from typing import NamedTuple

import numpy as np

from convcli.choices import Combine, PadMode, PoolMode, RangeMode
from convcli.commands.translate.literals import MOST_COLUMNS
from convcli.commands.translate.operation import Files, Filtering, MapOf, Operation, Pooling
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array

__all__ = ["WHITE", "Plan", "Pooled", "Slide", "command", "level", "mean_weights", "plain_name", "plan"]

# White of the 8-bit pictures that the code is for.
WHITE = 255
# Most characters of one argument of a command: MAX_ARG_STRLEN of Linux, 32 pages of 4 KiB, and its end.
MOST_ARGUMENT = 32 * 4096 - 1
# Mid-grey, which --range center adds.
MID_GRAY = 128


class Slide(NamedTuple):
    """Kernels that slide over one padded picture, dilated, all of the size of `window`.

    `turned` is whether --convolve rotated the weights to other ones than were given; `biases` are added to
    each kernel's results, `bias` to what they are combined to.
    """

    weights: tuple[Array, ...]
    biases: tuple[float, ...]
    how: Combine | None
    bias: float
    window: Window
    turned: bool

    @property
    def same(self) -> bool:
        """Whether padding keeps the size, with the extra pixel of an even kernel at the bottom and right."""
        return self.window.padding == Window.of(self.window.span, padding="same").padding

    @property
    def odd(self) -> bool:
        """Whether both sides are odd."""
        return all(side % 2 for side in self.window.size)

    @property
    def symmetric(self) -> bool:
        """Whether rotation by 180 degrees leaves all weights as they are."""
        return all(bool((weights == weights[::-1, ::-1]).all()) for weights in self.weights)

    def written(self, *, rotated: bool) -> list[Array]:
        """Return the weights as correlation takes them, or `rotated` as true convolution does."""
        return [weights[::-1, ::-1] + 0.0 if rotated else weights for weights in self.weights]


class Pooled(NamedTuple):
    """Pooling whose padding, if any, has a mode."""

    mode: PoolMode
    window: Window
    power: float


class Plan(NamedTuple):
    """What one picture is made of another: by slides, one after the other, or by pooling."""

    range: RangeMode
    gray: bool
    slides: list[Slide]
    pooled: Pooled | None


def plan(operation: Operation, files: Files, title: str, *, ranks: bool = False) -> Plan:
    """Return what is to be done; what none of these tools has is refused.

    With `ranks`, pooling is by average, or by rank in whole windows.
    """
    if not isinstance(operation, Filtering | Pooling):
        raise CannotTranslate(f"{title} has no layers", hint="translate the stack with --to torch")
    for option, name in (("--input", files.input), ("--output", files.output)):
        if name.lower().endswith(".npy"):
            raise CannotTranslate(
                f"{title} has no .npy, which {option} {name!r} is", hint="name a picture, such as picture.png"
            )
    how = files.range(operation.range)
    how = RangeMode.SCALE if how.stretches else how  # one picture has one stretch
    if isinstance(operation, Filtering):
        return Plan(how, operation.gray, _slides(operation, title), None)
    window = _pool_window(operation, title)
    if ranks and (
        operation.mode is PoolMode.LP
        or (operation.mode is not PoolMode.AVG and window.dilation != (1, 1))
        or (operation.mode is PoolMode.MEDIAN and window.taps % 2 == 0)
    ):
        rows, columns = window.size
        dilated = "dilated " if window.dilation != (1, 1) else ""
        raise CannotTranslate(
            f"{title} has no {operation.mode} pooling of {dilated}{rows}x{columns} windows",
            hint="translate it with --to gmic, or to NumPy",
        )
    return Plan(how, operation.gray, [], Pooled(operation.mode, window, operation.power))


def _slides(operation: Filtering, title: str) -> list[Slide]:
    if len(operation.maps) > 1 and not operation.chain:
        raise CannotTranslate(
            f"{len(operation.maps)} results do not fit into one picture of {title}",
            hint="translate one kernel at a time, or add --combine magnitude",
        )
    *first, last = operation.maps
    return [
        *(_slide(one, 0.0, operation.convolve, title) for one in first),
        _slide(last, operation.bias, operation.convolve, title),
    ]


def _slide(one: MapOf, bias: float, convolve: bool, title: str) -> Slide:
    if one.how is Combine.ORIENTATION:
        raise CannotTranslate(f"{title} has no angles of pictures", hint="translate it with --to numpy")
    if any(part.weights.ndim != 2 for part in one.parts):
        raise CannotTranslate(
            f"{title} has no kernels that sum over channels",
            hint="translate it with --to torch, or each channel's kernel by itself",
        )
    window = one.parts[0].window
    if any(part.window != window for part in one.parts):
        raise CannotTranslate(
            f"kernels of several sizes are not combined for {title}",
            hint="put zeros around the smaller one, or translate it with --to numpy",
        )
    padding = NO_PADDING if window.mode is PadMode.VALID else window.padding
    window = replace(window, size=window.span, padding=padding, dilation=(1, 1))
    biases = tuple(part.bias for part in one.parts)
    if one.how is None:
        biases, bias = (biases[0] + bias,), 0.0
    slide = Slide(tuple(part.dilated for part in one.parts), biases, one.how, bias, window, turned=False)
    return slide._replace(turned=convolve and not slide.symmetric)


def _pool_window(how: Pooling, title: str) -> Window:
    """Return the window of pooling with a border that a tool can make up, in place of neutral padding."""
    window = how.window
    if window is None or (how.ceil and window.stride != (1, 1)):
        raise CannotTranslate(
            f"--{'ceil' if window else 'global'} needs the picture's size, which a call of {title} does not "
            "know",
            hint="say the padding: --padding T,B,L,R" if window else "say the picture's size: --size RxC",
        )
    if window.mode is PadMode.VALID:
        return replace(window, padding=NO_PADDING)
    if window.mode is not None or window.padding == NO_PADDING:
        return window
    if how.mode in (PoolMode.MAX, PoolMode.MIN):
        # The nearest pixel of the picture is in every window that reaches beyond its edge.
        reaches = zip(window.padding, window.size, strict=True)
        if window.dilation == (1, 1) and all(max(pair) < size for pair, size in reaches):
            return replace(window, mode=PadMode.REPLICATE)
    elif how.mode is not PoolMode.MEDIAN and how.count_include_pad:
        return replace(window, mode=PadMode.ZERO)
    raise CannotTranslate(
        f"{title} has no windows that leave out the padding",
        hint="choose a padding mode: -p replicate",
    )


def mean_weights(window: Window) -> Array:
    """Return the kernel of average pooling, dilated."""
    weights = np.zeros(window.span)
    weights[:: window.dilation[0], :: window.dilation[1]] = 1 / window.taps
    return weights


def level(how: RangeMode) -> tuple[float, float]:
    """Return what results are multiplied with, and what is added then, to be written."""
    gain, offset = (WHITE if how is RangeMode.UNIT else 1), (MID_GRAY if how is RangeMode.CENTER else 0)
    return float(gain), float(offset)


def command(comments: Sequence[str], words: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return one shell command, a line for each group of words where one line is too short."""
    yield from (f"# {line}" for line in dict.fromkeys(comments))
    groups = [[quote(word) for word in group] for group in words if group]
    lines = [" ".join(group) for group in groups]
    if (longest := max(len(word) for group in groups for word in group)) > MOST_ARGUMENT:
        raise CannotTranslate(
            f"a kernel of {longest} characters is longer than Linux takes as an argument ({MOST_ARGUMENT})",
            hint="translate it with --to vips, which has matrices in files",
        )
    if sum(len(line) + 1 for line in lines) <= MOST_COLUMNS:
        yield " ".join(lines)
        return
    yield from (
        f"{'  ' if at else ''}{line}" + (" \\" if at < len(lines) - 1 else "")
        for at, line in enumerate(lines)
    )


def plain_name(name: str, special: str, title: str) -> str:
    """Return a file name that the tool takes for nothing else than a file name."""
    if found := next((letter for letter in name if letter in special or not letter.isprintable()), None):
        raise CannotTranslate(
            f"{title} reads the {found!r} in {name!r} as its own sign", hint="rename the file"
        )
    if "." not in name[1:] or name.startswith("-"):
        raise CannotTranslate(
            f"{title} does not see that {name!r} is a file", hint="name it with a suffix: picture.png"
        )
    return name
