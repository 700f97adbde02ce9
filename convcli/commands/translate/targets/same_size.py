"""Filters that have a result for every pixel: the border before them, and the results that are taken."""

from collections.abc import Callable

from convcli.choices import PadMode
from convcli.commands.translate.python_script import Slide, padded
from convcli.conventions import CONVENTIONS, border_name
from convcli.engine.window import NO_PADDING, Window

__all__ = ["bordered", "moved", "native_border", "own_border", "same_size", "stride_comment"]


def bordered(
    tool: str,
    window: Window,
    own: bool = True,
    pad: Callable[[Window], tuple[tuple[str, ...], str]] = padded,
) -> tuple[tuple[str, ...], str, Window]:
    """Return lines before the filter, the picture's name, and the window over it.

    The border is made by `pad` unless the filter has its `own`, which reaches as far as the window.
    """
    if window.padding == NO_PADDING:
        return (), "x", window
    if own and native_border(window):
        name = border_name(tool, str(window.mode))
        comment = f"# {CONVENTIONS[tool].title}'s mode {name!r} is convcli's {window.mode}."
        return () if name in (None, window.mode) else (comment,), "x", window
    lines, x = pad(window)
    return ("# This border is made first, as the filter cannot make it.", *lines), x, window.unpadded()


def native_border(window: Window) -> bool:
    """Whether a filter with one result for each pixel has all that are wanted."""
    return all(sum(sides) <= span - 1 for sides, span in zip(window.padding, window.span, strict=True))


def same_size(
    tool: str, window: Window, call: str, lines: tuple[str, ...], constants: tuple[str, ...] = ()
) -> Slide:
    """Return the code of a filter's `call`: with comments, and the index of the results that are wanted."""
    title, extra = CONVENTIONS[tool].title, CONVENTIONS[tool].extra
    for word in ("origin", "anchor"):
        if f"{word}=" in call and not all(side % 2 for side in window.span):
            comment = f"# {title} puts the extra pixel of an even kernel at the {extra}; {word} moves it."
            lines = (*lines, comment)
    slices = []
    for axis, by in zip(window.axes, moved(window), strict=True):
        first, end = axis.span // 2 - axis.low + by, axis.high - (axis.span - 1) // 2 + by
        slices.append(f"{first or ''}:{end or ''}" + (f":{axis.stride}" if axis.stride > 1 else ""))
    taken = "" if slices == [":", ":"] else f"[{', '.join(slices)}]"
    return Slide(constants, (*lines, *stride_comment(tool, window)), call + taken)


def moved(window: Window) -> tuple[int, int]:
    """Return how far the filter's window, whose middle is tap ``size // 2``, is moved up and to the left.

    It is moved only where the middle of a window that is wanted lies outside the picture.
    """
    up, left = (
        axis.low - axis.span // 2 if axis.low > axis.span // 2 or axis.high > (axis.span - 1) // 2 else 0
        for axis in window.axes
    )
    return up, left


def own_border(tool: str, window: Window) -> str:
    """Return the tool's own name for the padding mode."""
    return border_name(tool, "constant" if window.mode is PadMode.ZERO else str(window.mode)) or ""


def stride_comment(tool: str, window: Window) -> tuple[str, ...]:
    """Return a comment where the window strides, for a tool whose filters do not."""
    title = CONVENTIONS[tool].title
    comment = f"# {title} has no stride: all results are computed, and some of them taken."
    return () if window.stride == (1, 1) else (comment,)
