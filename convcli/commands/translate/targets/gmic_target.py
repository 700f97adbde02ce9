"""G'MIC: `correlate`, and expressions for pooling by rank and for the borders that G'MIC does not have."""

from collections.abc import Iterator

from convcli.choices import Combine, PadMode, RangeMode
from convcli.commands.translate.literals import number
from convcli.commands.translate.operation import Files, Operation
from convcli.commands.translate.targets.picture_tools import (
    Rank,
    Slide,
    command,
    gain_and_offset,
    keeps_size,
    luma,
    matrix_text,
    plain_name,
    plan,
)
from convcli.conventions import CONVENTIONS, border_name
from convcli.engine.window import NO_PADDING, Window
from convcli.kernels.kernel import Array

__all__ = ["code"]

TITLE = CONVENTIONS["gmic"].title
# Characters of file names that G'MIC reads as something else.
SPECIAL = "[]{}()$,\"'\\^;"
# Its borders, in the order of their numbers.
_BORDERS = ("dirichlet", "neumann", "periodic", "mirror")
# Commands that combine the results in the list.
_COMBINED = {Combine.MAGNITUDE: ["sqr", "add", "sqrt"], Combine.MAX: ["max"], Combine.SUM: ["add"]}


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a command line."""
    how, gray, steps = plan(operation, files, TITLE, even_median=True)
    comments = ["For 8 bits, as white is 255; transparency and the orientation in EXIF data are left out."]
    groups = [["gmic", plain_name(files.input, SPECIAL, TITLE), "remove_opacity"]]
    if gray:
        comments.append("Luma in whole levels, as convcli has it.")
        weighed = luma(*(f"i(#0,x,y,0,{channel})" for channel in range(3)))
        groups.append(["to_rgb", f'100%,100%,1,1,"floor(({weighed}+32768)/65536)"', "keep[1]"])
    for step in steps:
        groups += _slide(step, comments) if isinstance(step, Slide) else _rank(step, comments)
    target = plain_name(files.output, SPECIAL, TITLE)
    groups.append([*_ranged(how), "round", "cut", "0,255", "output", target])
    yield from command(comments, groups)


def _slide(slide: Slide, comments: list[str]) -> Iterator[list[str]]:
    window, (rows, columns) = slide.window, slide.window.size
    native = keeps_size(window) and window.mode is not PadMode.REFLECT and not window.constant
    # Its dirichlet border is wrong around 2x2 kernels in 2.9.4.
    native = native and (rows * columns % 2 == 1 or window.mode not in (PadMode.ZERO, PadMode.CONSTANT))
    border = _border(window, comments) if native else "1"
    if not native:
        yield from _padded(window, comments)
    if window.stride != (1, 1) or not native:
        centers = "-1,-1,-1,0,0,0,-1,-1,-1" if native else f"0,0,0,0,0,0,{{0,w-{columns}}},{{0,h-{rows}}},0"
        border += f",0,1,{centers}"
        if window.stride != (1, 1):
            border += f",{window.stride[1]},{window.stride[0]},1"
    call, weights = ("convolve" if slide.convolve else "correlate"), slide.weights
    if slide.convolve and not native:
        comments.append("The kernel is rotated: convolve counts the ends of its range from the other side.")
        call, weights = "correlate", tuple(each[::-1, ::-1] + 0.0 for each in weights)
    yield from map(_literal, weights)
    if slide.how is None:
        yield [f"{call}[0]", f"[1],{border}", "keep[0]", *_plus(slide.biases[0])]
        return
    for at, bias in enumerate(slide.biases, 1):
        yield [f"+{call}[0]", f"[{at}],{border}", *(["add[-1]", number(bias)] if bias else [])]
    alone = ["abs"] if slide.how is Combine.MAGNITUDE else []
    combined = _COMBINED[slide.how] if len(slide.biases) > 1 else alone
    yield [f"remove[0-{len(slide.biases)}]", *combined, *_plus(slide.bias)]


def _plus(value: float) -> list[str]:
    return ["add", number(value)] if value else []


def _literal(weights: Array) -> list[str]:
    text, divisor = matrix_text(weights, ",", ";")
    return [f"({text})", *(["div.", str(divisor)] if divisor > 1 else [])]


def _border(window: Window, comments: list[str]) -> str:
    """Return the number of a border."""
    name = border_name("gmic", str(window.mode)) or "dirichlet"
    comments.append(f"Border {_BORDERS.index(name)} is {name}: convcli's {window.mode}.")
    return str(_BORDERS.index(name))


def _padded(window: Window, comments: list[str]) -> Iterator[list[str]]:
    (top, bottom), (left, right) = window.padding
    if window.padding == NO_PADDING:
        return
    if window.mode is PadMode.REFLECT:
        comments.append("G'MIC's mirror repeats the edge pixel; this expression leaves it out.")
        made = (
            f"X=max(1,2*w#0-2);Y=max(1,2*h#0-2);P=(x-{left})%X;Q=(y-{top})%Y;i(#0,min(P,X-P),min(Q,Y-Q),0,c)"
        )
        yield [f'{{w+{left + right}}},{{h+{top + bottom}}},1,{{s}},"{made}"', "keep[1]"]
        return
    border = _border(window, comments)
    crop = ["crop", f"{-left},{-top},{{w-1+{right}}},{{h-1+{bottom}}},{border}"]
    value = number(window.constant)
    yield ["sub", value, *crop, "add", value] if window.constant else crop


def _rank(rank: Rank, comments: list[str]) -> Iterator[list[str]]:
    window = rank.window
    yield from _padded(window, comments)
    (rows, columns), (down, along) = window.size, window.stride
    value = f"{rank.mode[:3]}(crop(#0,x*{along},y*{down},0,c,{columns},{rows},1,1))"
    yield [f'{{int((w-{columns})/{along})+1}},{{int((h-{rows})/{down})+1}},1,{{s}},"{value}"', "keep[1]"]


def _ranged(how: RangeMode) -> list[str]:
    gain, offset = gain_and_offset(how)
    if how is RangeMode.ABS:
        return ["abs"]
    if how is RangeMode.SCALE:
        return ["normalize", "0,255"]
    return (["mul", number(gain)] if gain != 1 else []) + _plus(offset)
