"""Write ``torch_translated.npz`` beside this file: what PyTorch makes of scripts that `translate` prints.

Run with a Python that has PyTorch, in the repository: the tests read the file with NumPy alone. They compare
the scripts with what is printed now, and the results with what `filter`, `pool` and `run` give.
"""

import json
import os
import shlex
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from tests.program import invoke

COLOUR = (9, 11, 3)
CUBE = "[[[1, 0], [2, 1]], [[0, 3], [1, 1]], [[-1, 0], [0, 1]]]"
FILTERS = (
    *(f"-k '1 2; 3 5' -p {pad}" for pad in ("zero", "reflect", "symmetric", "replicate", "wrap", "valid")),
    "-k '1 2 0 1; 3 5 1 0' -p constant --pad-value 3 -s 2x3 --convolve",
    "-k sobel -d 2 -p zero",
    "-k sobel --combine orientation --gray -p valid",
    "-k kirsch -p symmetric --bias 2",
    "-k sobel-x -k box:size=4 --chain -p wrap --padding 3,0,2,1",
    "-k sobel-x -k laplacian8 --padding full",
    f"-k '{CUBE}' -p replicate",
    f"-k '{CUBE}' -k box --chain --convolve",
    f"-k box -k '{CUBE}' --chain -p wrap",
    "-k gaussian:sigma=3 -p zero",
    f"-k '[{CUBE}, {CUBE}]' --bias -1 -p zero",
    "-k '1 2; 3 5' -p reflect --padding 5 --normalize",
)
POOLS = (
    "max --size 3 -s 2 --padding 1",
    "min --size 2x3 --ceil",
    "avg --size 3 -s 2 --padding 1 --no-count-include-pad --ceil",
    "avg --size 2 --padding 0,1,1,0 --dilation 2",
    "median --size 3 -s 2 --padding same",
    "median --global",
    "lp --norm 3 --size 2 -s 1 --padding 1",
    "lp --norm inf --size 2 -p wrap --padding 1",
    "avg --global",
)
# Calls of PyTorch on ``x``, and the command that means the same.
CALLS = (
    ("F.conv2d(x, [[1, 2], [3, 4]], padding='same')", "filter x.npy -k '1 2; 3 4' -p zero"),
    (
        "F.conv2d(x, torch.tensor([[[[1.0, 2], [3, 4]]]]), stride=(2, 1), padding=1, dilation=2)",
        "filter x.npy -k '1 2; 3 4' -p zero --padding 1 --stride 2x1 --dilation 2",
    ),
    ("torch.conv2d(x, [[0, 1, 2]], bias=torch.tensor([5.0]))", "filter x.npy -k '0 1 2' -p valid --bias 5"),
    (
        "F.conv2d(F.pad(x, (1, 0, 2, 3), mode='circular'), [[1, 2], [3, 4]])",
        "filter x.npy -k '1 2; 3 4' -p wrap --padding 2,3,1,0",
    ),
    (
        "F.conv2d(F.pad(x, (1, 2), value=1.5), [[1, 2, 1]])",
        "filter x.npy -k '1 2 1' -p constant --pad-value 1.5 --padding 0,0,1,2",
    ),
    ("F.max_pool2d(x, 2)", "pool x.npy --mode max --size 2"),
    (
        "F.max_pool2d(x, (3, 2), stride=1, padding=(1, 0), dilation=2, ceil_mode=True)",
        "pool x.npy --mode max --size 3x2 --padding 1x0 --stride 1 --dilation 2 --ceil",
    ),
    (
        "F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)",
        "pool x.npy --mode avg --size 3 --padding 1 --stride 2 --no-count-include-pad",
    ),
)
STACK = """
scale = "byte"
[[layer]]
type = "conv"
weights = "w.npz:first"
bias = "w.npz:bias"
padding = [1, 0, 0, 1]
pad = "replicate"
[[layer]]
type = "normalize"
mean = [1, 2]
std = [3, 4]
[[layer]]
type = "leaky-relu"
slope = 0.2
[[layer]]
type = "conv"
kernel = "sobel"
padding = 1
[[layer]]
type = "pool"
ceil = true
[[layer]]
type = "upsample"
factor = [2, 1]
mode = "bilinear"
"""
# In a folder of its own, as are its weights: what the other stack does not have.
DEEPER = f"""
scale = "imagenet"
[[layer]]
type = "normalize"
statistics = "more.npz:bn"
eps = 0.1
[[layer]]
type = "conv"
kernel = "sobel"
combine = "none"
bias = 0.5
pad = "constant"
pad_value = 0
padding = [1, 0, 2, 1]
[[layer]]
type = "conv"
weights = "groups.npy"
groups = 3
bias = {[place / 8 for place in range(24)]}
padding = 2
dilation = [2, 1]
pad = "wrap"
[[layer]]
type = "pool"
mode = "min"
size = 2
stride = 1
padding = 1
[[layer]]
type = "power"
exponent = 0.5
[[layer]]
type = "normalize"
variance = 2
weight = 3
[[layer]]
type = "pool"
mode = "avg"
pad = "reflect"
padding = 1
"""


def inputs(folder: Path) -> None:
    """Write the picture, and the stack with its weights."""
    rng = np.random.default_rng(20)
    np.save(folder / "in.npy", rng.normal(0, 30, COLOUR).astype(np.float32))
    first, bias = rng.normal(0, 1, (2, 3, 2, 2)), rng.normal(0, 1, 2)
    np.savez(folder / "w.npz", first=first.astype(np.float32), bias=bias.astype(np.float32))
    (folder / "net.toml").write_text(STACK)
    deeper = folder / "deeper"
    deeper.mkdir()
    np.save(deeper / "groups.npy", rng.normal(0, 1, (24, 2, 2, 2)))
    names = ("running_mean", "running_var", "weight", "bias")
    np.savez(deeper / "more.npz", **{f"bn.{name}": rng.uniform(0.5, 2, 3) for name in names})
    (deeper / "net.toml").write_text(DEEPER)


def cases() -> list[tuple[str, str]]:
    """Return the command that is translated, and its options."""
    stacks = ("net.toml", "deeper/net.toml")
    cases = (("filter", FILTERS), ("pool", POOLS), ("run", stacks))
    return [(command, one) for command, several in cases for one in several]


def script(command: str, options: str) -> str:
    """Return the script for files in the current folder."""
    words = shlex.split(options)
    words = ["--pool", *words] if command == "pool" else words
    ran = invoke("translate", *words, "--to", "torch", "--input", "in.npy", "-o", "out.npy")
    assert ran.status == 0, ran.err
    return ran.out.decode()


def called(call: str, x: np.ndarray) -> np.ndarray:
    """Return the result of a call of PyTorch on one picture; matrices become its weights."""
    import torch
    from torch import nn

    def conv2d(x: torch.Tensor, weight: object, **options: object) -> torch.Tensor:
        kernel = weight if isinstance(weight, torch.Tensor) else torch.tensor(weight)[None, None]
        bias = options.pop("bias", None)
        return torch.nn.functional.conv2d(
            x, kernel.double(), None if bias is None else bias.double(), **options
        )

    class Functions:
        def __getattr__(self, name: str) -> object:
            return conv2d if name == "conv2d" else getattr(torch if name == "tensor" else nn.functional, name)

    names = {"x": torch.from_numpy(x)[None, None], "F": Functions(), "torch": Functions(), "nn": nn}
    return np.asarray(eval(call, names)[0, 0])


def main() -> None:
    stored, scripts, home = {}, [], os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        inputs(Path(folder))
        for number, (command, options) in enumerate(cases()):
            scripts.append(script(command, options))
            exec(compile(scripts[-1], options, "exec"), {"__name__": "script"})
            stored[f"y{number}"] = np.load("out.npy")
        os.chdir(home)
    x = np.random.default_rng(2).normal(0, 1, (13, 17))
    stored |= {f"call{number}": called(call, x) for number, (call, _) in enumerate(CALLS)}
    where = Path(__file__).with_name("torch_translated.npz")
    np.savez_compressed(where, cases=json.dumps({"torch": version("torch"), "scripts": scripts}), **stored)
    print(where, where.stat().st_size)


if __name__ == "__main__":
    main()
