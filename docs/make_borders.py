"""Write docs/borders.md, and the table of the README in both languages, from the product's own tables.

Run ``python docs/make_borders.py`` after changing `convcli/border_names.py` or `convcli/conventions.py`: a
test compares the three files.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from convcli.border_names import PAD_NAMES_OF_TOOLS, PAD_SYNONYMS
from convcli.choices import PadMode
from convcli.conventions import BOTTOM_RIGHT, CONVENTIONS, ROTATED, TOP_LEFT, Conventions, border_name

ROOT = Path(__file__).parent.parent
# The modes that another tool can have a name for.
MODES = [mode for mode in PadMode if mode is not PadMode.VALID]
# What the window sees for the row a b c d, and the same in words.
DRAWN = {
    PadMode.ZERO: ("0 0 0 | a b c d | 0 0 0", "black"),
    PadMode.CONSTANT: ("v v v | a b c d | v v v", "`--pad-value V`, in the image's own units"),
    PadMode.REFLECT: ("d c b | a b c d | c b a", "mirrored, the edge pixel not repeated (default)"),
    PadMode.REPLICATE: ("a a a | a b c d | d d d", "the edge pixel, repeated"),
    PadMode.WRAP: ("b c d | a b c d | a b c", "the picture, repeated: what the convolution theorem assumes"),
    PadMode.SYMMETRIC: ("c b a | a b c d | d c b", "mirrored, the edge pixel repeated"),
    PadMode.VALID: ("a b c d", "no padding: the result is smaller"),
}

HEAD = """# Borders

Made by `docs/make_borders.py` from the program's own tables, which `--pad TOOL:NAME` and `convcli
translate` use.

At the edge of the picture a filter's window needs pixels that the picture does not have; `--pad` chooses
their values. For the row `a b c d`:
"""
NAMES = """
Padding wider than the picture goes on mirroring or repeating, as `numpy.pad` does.

## The same border in other tools

One word means different things: SciPy's `reflect` is `symmetric` here and in NumPy, and SciPy's `mirror` is
`reflect`. `--pad TOOL:NAME` means what that tool means, for instance `--pad scipy:reflect`.
"""
SOURCES = """
Sources: [scipy.ndimage](https://docs.scipy.org/doc/scipy/reference/ndimage.html) and scikit-image, which
hands its `mode` on to it; OpenCV `BorderTypes`; `torch.nn.Conv2d(padding_mode=...)` and
`torch.nn.functional.pad`; `tf.pad`; `numpy.pad`; MATLAB `imfilter`; ImageMagick `-virtual-pixel`; libvips
`VipsExtend`; G'MIC and CImg boundary conditions. Where a tool's `constant` has a value of its own (0 unless
told otherwise), give it with `--pad-value`.

## Where the extra pixel of an even kernel goes

`--padding same` adds `dilation * (size - 1)` pixels along each axis. For an even kernel that number is odd
(unless the dilation is even), and the extra pixel goes to the bottom and right, as `padding='same'` of
TensorFlow and PyTorch has it.
Others put it at the top and left: to reproduce them with a 2x2 kernel, say `--padding 1,0,1,0`.

## What each tool does unless told otherwise

How the call that takes a kernel differs. A kernel that is rotated is true convolution: `--convolve` does
it. One that is upside down has its rows from the bottom up, its columns as they are. Where the extra pixel
of an even kernel lies elsewhere than here, results are shifted by one pixel. `convcli translate --to TOOL`
writes all of this into the code, and `translate --from "CALL"` reads it back.
"""


# What `_facts` says of each tool.
HEADINGS = (
    *("tool", "call", "kernel", "extra pixel of an even kernel"),
    *("border", "results of 8 bits", "itself has"),
)


def page() -> str:
    """Return docs/borders.md."""
    modes = (
        (f"`{mode}`", f"`{drawn}`", words, _names(PAD_SYNONYMS.get(mode, ())))
        for mode, (drawn, words) in DRAWN.items()
    )
    names = (
        (tool, *(_names(name for name, ours in known.items() if ours == mode) for mode in MODES))
        for tool, known in PAD_NAMES_OF_TOOLS.items()
    )
    return "\n".join(
        (
            HEAD,
            *_table(("mode", "what the window sees", "in words", "other names"), modes),
            NAMES,
            *_table(("tool", *MODES), names),
            SOURCES,
            *_table(HEADINGS, map(_facts, CONVENTIONS.values())),
            "",
        )
    )


def _facts(one: Conventions) -> tuple[str, ...]:
    extra = one.extra or ("even kernels are refused" if one.border or one.largest else "the caller pads")
    able = [name for name, has in (("stride", one.stride), ("dilation", one.dilation)) if has]
    able += [f"kernels up to {one.largest}x{one.largest}"] if one.largest else []
    return (
        one.title,
        f"`{one.call}`",
        one.flips or "as it is",
        extra,
        f"`{one.border}`" if one.border else "edges copied unfiltered" if one.largest else "the caller pads",
        one.results,
        ", ".join(able),
    )


# The README's columns: tool, heading, and how its names are written.
COLUMNS = {
    "imagemagick": "ImageMagick `-virtual-pixel`",
    "opencv": "OpenCV `BORDER_`",
    "scipy": "SciPy `ndimage`",
    "torch": "PyTorch `padding_mode`",
}
# The READMEs, and the words of their table in the language of each.
READMES = ("README.md", "README.zh-CN.md")
WORDS = {
    "here": ("here", "本工具"),
    "reflect": (" (edge not repeated)", "（边缘像素不重复）"),
    "symmetric": (" (edge repeated)", "（边缘像素重复）"),
    "default": (", the default", "，默认"),
    "of zeros": (" with 0", "，值为 0"),
    "function": (" (`F.pad`)", "（`F.pad`）"),
    "extra": ("extra pixel of an even kernel: bottom and right", "偶数核多出的像素：下方和右侧"),
    TOP_LEFT: ("top and left", "上方和左侧"),
    BOTTOM_RIGHT: ("bottom and right", "下方和右侧"),
    "kernel": ("the kernel as it is", "核不翻转"),
    "": ("as it is", "不翻转"),
    ROTATED: ("rotated by 180 degrees", "旋转 180 度"),
}
# The modes in the order of the READMEs.
ORDER = ("zero", "constant", "reflect", "symmetric", "replicate", "wrap")
# The table stands between its heading and the next empty line.
TABLE = re.compile(r"^\| \S+ \| ImageMagick `-virtual-pixel` .*?(?=\n\n)", re.MULTILINE | re.DOTALL)


def readme(name: str, text: str) -> str:
    """Return the README with a fresh table."""
    say = {key: words[READMES.index(name)] for key, words in WORDS.items()}
    (_,) = TABLE.findall(text)
    return TABLE.sub(lambda _: "\n".join(_readme_table(say)), text)


def _readme_table(say: dict[str, str]) -> Iterator[str]:
    facts = [CONVENTIONS[tool] for tool in COLUMNS]
    rows = [
        (f"`{mode}`{say.get(mode, '')}", *(_cell(tool, mode, say) for tool in COLUMNS))
        for mode in map(PadMode, ORDER)
    ]
    rows.append((say["extra"], *(say[one.extra] for one in facts)))
    rows.append((say["kernel"], *(say[one.flips] for one in facts)))
    return _table((say["here"], *COLUMNS.values()), rows)


def _cell(tool: str, mode: PadMode, say: dict[str, str]) -> str:
    """Return a tool's name of a mode, as the README says it."""
    name, end = border_name(tool, mode), ""
    if name is None and mode is PadMode.ZERO:
        name, end = border_name(tool, PadMode.CONSTANT), say["of zeros"]
    if name is None:
        return ""
    if tool == "opencv":
        name = name.upper().replace("101", "_101")
    if tool == "torch" and mode is PadMode.CONSTANT:
        end = say["function"]  # padding_mode has none
    is_default = CONVENTIONS[tool].border == mode and tool != "torch"
    return f"`{name}`{end}{say['default'] if is_default else ''}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(headings)
    yield "|---" * len(headings) + "|"
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in escaped)


def main() -> None:
    """Write the page and both tables."""
    (ROOT / "docs" / "borders.md").write_text(page(), "utf-8")
    for name in READMES:
        path = ROOT / name
        path.write_text(readme(name, path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
