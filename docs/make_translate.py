"""Write docs/translate.md: what `convcli translate` has for each tool, from results that the tests check.

Run ``python -m tests.cases.make_translate_features`` where all the tools are, and then
``python docs/make_translate.py``. A test compares the page with the results, and these with the program.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

from convcli.commands.translate.sources.python_calls import LIBRARIES
from convcli.conventions import CONVENTIONS

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "tests" / "cases" / "translate_features.json"
SIGNS = {"expressed": "yes", "composed": "composed", "refused": "no"}

HEAD = """# The same filter in another tool's words

`convcli translate` writes a filter, a pooling or a stack as code for another tool, with that tool's own
border name, anchor, flip and scale, and a comment where they differ from ours. What is printed runs as it
stands; in Octave, `pkg load image` comes first where a comment says so. Pictures keep no transparency,
and JPEG is written by MATLAB, libvips and G'MIC in a quality of their own.

```sh
convcli translate -k gaussian:sigma=1.2 -p symmetric --to scipy --input in.png -o out.npy > f.py
convcli translate --pool max --size 2 --to torch
convcli translate sample_images/stacks/small.toml --to torch > net.py
```

## What each tool has

Made by `docs/make_translate.py`: the code of every cell was run by the tool itself, on a picture of 8 bits,
and is within one level of what `convcli filter`, `pool` and `run` give. Floats (`.npy`) are equal within
their rounding.

- **yes**: in no more steps than the tool's plainest filter, with its own border;
- **composed**: of several of the tool's parts, such as padding first, or taking every second result;
- **no**: said on stderr, with exit status 3 (2 where options contradict each other), never approximated.

The windows of pooling are 2x2 (max), 2x3 (average), 3x3 (median, and padded) and 5x5 (`--ceil`); Pillow has
max pooling of odd squares, such as 3x3.

Scripts for PyTorch pad by `F.pad`, which stops with an error of its own where a picture is smaller than its
mirrored or repeated border.
"""
BACK = """## Back: from a call to the command

`--from` reads another tool's call, from its syntax alone (nothing of it is run), and prints the command
that means the same. An array whose numbers are not in the call, such as `x`, is read from `x.npy`: save it,
or name other files by `-k` (the kernel), `--input` and `--output`. Notes on stderr say what differs.

```console
$ convcli translate --from "cv2.filter2D(x, -1, np.ones((5, 5)) / 25)" --input in.png -o out.png
convcli filter in.png -k box:size=5 -p reflect -o out.png
$ convcli translate --from "convert in.png -virtual-pixel mirror -gaussian-blur 8x2 out.png"
convcli filter in.png -k gaussian:sigma=2 -p symmetric --alpha filter -o out.png
```

`CALL` is one call; imports and lines such as `k = np.ones((3, 3)) / 9` may stand before it. Pictures may be
read in it (`cv2.imread("in.png", 0)`, `Image.open("in.png").convert("L")`), and padded by `F.pad`. An error
names what is not understood (exit status 2), or what convcli cannot do (exit status 3).

The calls that are known:
"""
SHELL = """- **ImageMagick** (`convert`, `magick`): `-morphology Convolve` and `-morphology Correlate`
  with a kernel of numbers, `Sobel`, `Prewitt`, `Laplacian` or `Gaussian` with a radius;
  `-gaussian-blur` with a radius; `-virtual-pixel`, `-alpha off`, `-define convolve:scale`
  (a number, `!`), `-define convolve:bias` in per cent
- **libvips**: `vips conv`, `vips convf`, in floats (`--precision float`, the default)
"""


def page() -> str:
    """Return the whole page."""
    results = json.loads(RESULTS.read_text())
    return "\n".join((HEAD, *_table(results), "", *_refusals(results), BACK, *_calls(), SHELL))


def _table(results: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    yield f"| | {' | '.join(CONVENTIONS[tool].title for tool in results)} |"
    yield "|---" * (len(results) + 1) + "|"
    for feature in next(iter(results.values())):
        yield f"| {feature} | {' | '.join(SIGNS[results[tool][feature][0]] for tool in results)} |"


def _refusals(results: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    yield "Why not, in the program's words:\n"
    for tool, cells in results.items():
        reasons: dict[str, list[str]] = {}
        for feature, (kind, *why) in cells.items():
            if kind == "refused":
                reasons.setdefault(why[0].strip(), []).append(feature)
        if reasons:
            said = "; ".join(f'{", ".join(features)}: "{why}"' for why, features in reasons.items())
            yield fill(f"- **{CONVENTIONS[tool].title}**: {said}", 116, subsequent_indent="  ")
    yield ""


def _calls() -> Iterator[str]:
    for library, table, _ in LIBRARIES:
        names = ", ".join(f"`{name}`" for name in table)
        yield fill(f"- **{library}**: {names}", 116, subsequent_indent="  ", break_on_hyphens=False)


if __name__ == "__main__":
    (ROOT / "docs" / "translate.md").write_text(page(), "utf-8")
