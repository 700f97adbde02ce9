"""Write ``translate_features.json`` beside this file: which features each tool's code has, run for real.

Run it with a Python that has PyTorch, where ImageMagick, libvips, G'MIC and Octave are. A table is made of it
by docs/make_translate.py. Each result is whether the code takes more steps than the plainest filter, and its
largest difference from ours in levels of 8 bits; or why the tool cannot do it.
"""

import ast
import json
import os
import re
import shlex
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from convcli.choices import Tool
from convcli.conventions import CONVENTIONS
from tests.program import Ran, invoke

WHERE = Path(__file__).with_name("translate_features.json")
PYTHON = (Tool.NUMPY, Tool.SCIPY, Tool.OPENCV, Tool.TORCH, Tool.SKIMAGE, Tool.PILLOW)
KERNEL = "-k '.1 .2 0; 0 .3 .1; .1 0 .2'"
LARGE = "-k gaussian:sigma=2,size=15"
# Sums over channels.
CUBE = "-k '[[[0.1, 0.2, 0]], [[0, 0.1, 0.2]], [[0.2, 0, 0.1]]]'"
# What is translated, and the options; a stack has no options.
FEATURES = {
    **{
        f"`--pad {pad}`": f"{KERNEL} -p {pad}"
        for pad in ("zero", "reflect", "replicate", "wrap", "symmetric")
    },
    "`--pad constant`": f"{KERNEL} -p constant --pad-value 99",
    "`--pad valid`": f"{KERNEL} -p valid",
    "`--padding` of any width": f"{KERNEL} -p zero --padding 2,1,0,4",
    "an even kernel": "-k '.1 .2; .3 .4' -p BORDER",
    "a kernel of 15x15": f"{LARGE} -p BORDER",
    "a kernel over channels": f"{CUBE} -p BORDER",
    "`--stride`": f"{KERNEL} -p BORDER -s 2",
    "`--dilation`": f"{KERNEL} -p BORDER -d 2",
    "`--bias`": f"{KERNEL} -p BORDER --bias 20",
    "`--convolve`": f"{KERNEL} -p BORDER --convolve",
    "`--chain`": f"{KERNEL} -k box --chain -p BORDER",
    "`--combine`": "-k sobel -p BORDER",
    "several feature maps": "-k sobel-x -k sobel-y -p BORDER",
    "`--gray`": f"{KERNEL} -p BORDER --gray",
    "`--range abs`": "-k sobel-x -p BORDER --range abs",
    "max pooling": "--pool max",
    "average pooling": "--pool avg --size 2x3",
    "median pooling": "--pool median --size 3",
    "pooling, padded": "--pool max --size 3 -s 2 --padding 1",
    "pooling, `--ceil`": "--pool avg --size 5 --ceil",
    "a stack of layers": "STACK",
}
STACK = """
[[layer]]
type = "conv"
kernel = "sharpen"
padding = 1
[[layer]]
type = "relu"
[[layer]]
type = "pool"
"""


class Case(NamedTuple):
    """The command of ours, its options, and what the code writes to."""

    command: str
    options: list[str]
    output: str


def case(tool: Tool, feature: str) -> Case:
    """Return what is asked of a tool for a feature; BORDER is its own border."""
    text = FEATURES[feature].replace("BORDER", CONVENTIONS[tool].border or "valid")
    if text == "STACK":
        return Case("run", ["net.toml"], "out.npy")
    several = feature == "several feature maps" and tool in PYTHON
    return Case(
        "pool" if "--pool" in text else "filter", shlex.split(text), "out.npy" if several else "out.png"
    )


def translated(tool: Tool, asked: Case) -> Ran:
    """Return what the program answers: the code, or the refusal."""
    return invoke("translate", *asked.options, "--to", tool, "--input", "in.png", "-o", asked.output)


def steps(tool: Tool, code: str) -> int:
    """Return how many calls and operations the code takes, without reading, writing and kernels."""
    if tool in PYTHON:
        nodes = [node for top in ast.parse(code).body if not _is_kernel(top) for node in ast.walk(top)]
        return sum(isinstance(node, ast.Call | ast.Subscript | ast.BinOp) for node in nodes)
    lines = [line for line in code.splitlines() if line and line[0] not in "#%"]
    if tool is Tool.IMAGEMAGICK:
        settings = r"-(virtual-pixel|define|alpha|background|bias|channel)\b"
        return len(re.findall(r"(?<=\s)[-+][a-z]", code)) - len(re.findall(settings, code))
    if tool is Tool.VIPS:
        return sum(line.startswith("vips ") for line in lines)
    return len(lines)


def _is_kernel(top: ast.stmt) -> bool:
    return isinstance(top, ast.Assign) and re.fullmatch(r"g|k\d*", ast.unparse(top.targets[0])) is not None


@cache
def plainest(tool: Tool, output: str) -> int:
    """Return the steps of the plainest filter of the tool."""
    border = CONVENTIONS[tool].border or "valid"
    ran = translated(tool, Case("filter", shlex.split(f"{KERNEL} -p {border}"), output))
    return steps(tool, ran.out.decode())


def status(tool: Tool, feature: str) -> list[str]:
    """Return ``expressed`` or ``composed``, or ``refused`` and why."""
    asked = case(tool, feature)
    ran = translated(tool, asked)
    if ran.status:
        assert ran.status in (2, 3), ran.err
        return ["refused", ran.err.removeprefix("error: ").partition("; hint: ")[0]]
    within = steps(tool, ran.out.decode()) <= plainest(tool, asked.output)
    return ["expressed" if within else "composed"]


def run(tool: Tool, code: str) -> None:
    """Run code in the current folder."""
    if tool in PYTHON:
        exec(compile(code, "script", "exec"), {"__name__": "script"})
        return
    Path("script").write_text(f"pkg load image\n{code}" if tool is Tool.MATLAB else code)
    program = ["octave-cli", "-q", "--norc"] if tool is Tool.MATLAB else ["sh"]
    ran = subprocess.run([*program, "script"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{code}\n{ran.stderr}"


def read(name: str) -> np.ndarray:
    if name.endswith(".npy"):
        return np.load(name)
    with Image.open(name) as image:
        return np.asarray(image.convert("RGB")).astype(float)


def difference(tool: Tool, feature: str) -> float:
    """Return the largest difference of what the code writes from what we write, in levels."""
    asked = case(tool, feature)
    run(tool, translated(tool, asked).out.decode())
    words = ["--mode", *asked.options[1:]] if asked.command == "pool" else asked.options
    files = ["net.toml", "in.png"] if asked.command == "run" else ["in.png", *words]
    ours = f"ours{Path(asked.output).suffix}"
    made = invoke(asked.command, *files, "-o", ours, "--force", "-q")
    assert made.status == 0, made.err
    theirs, wanted = read(asked.output), read(ours)
    assert theirs.shape == wanted.shape, (tool, feature, theirs.shape, wanted.shape)
    return round(float(np.abs(theirs - wanted).max()), 4)


def inputs() -> None:
    """Write the picture and the stack into the current folder."""
    values = np.random.default_rng(5).integers(0, 256, (18, 23, 3), dtype=np.uint8)
    Image.fromarray(values).save("in.png")
    Path("net.toml").write_text(STACK)


def main() -> None:
    found: dict[str, dict[str, list[object]]] = {}
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        inputs()
        for tool in Tool:
            found[tool] = {}
            for feature in FEATURES:
                found[tool][feature] = [*status(tool, feature)]
                if found[tool][feature][0] != "refused":
                    found[tool][feature].append(difference(tool, feature))
        os.chdir(home)
    lines = (f'"{tool}": {json.dumps(cells)}' for tool, cells in found.items())
    WHERE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
