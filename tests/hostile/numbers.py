"""Small sound files of numbers, kernels and stacks, and what options take: what mutations start from."""

import io
import json
import struct
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from tests.hostile.pictures import pixels

__all__ = ["FILES", "OPTIONS", "SPECS"]


def _npy() -> Iterator[bytes]:
    for dtype in ("u1", "<u2", "f4", ">f8", "i8", "?"):
        yield _encoded(pixels(dtype if dtype != "?" else "u1").astype(dtype))
    yield _encoded(np.asfortranarray(pixels("f4", 3)))


def _encoded(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _npz() -> Iterator[bytes]:
    for save in (np.savez, np.savez_compressed):
        for arrays in (
            {"a": pixels("f4")},
            {"kernel": np.eye(3), "bias": np.ones(1)},
            {"a": pixels(), "b": pixels()},
        ):
            buffer = io.BytesIO()
            save(buffer, **arrays)
            yield buffer.getvalue()


def _safetensors() -> Iterator[bytes]:
    for array, kind in (
        (np.ones((2, 1, 3, 3), "<f4"), "F32"),
        (np.ones((3, 3), "<f2"), "F16"),
        (pixels(), "U8"),
    ):
        entry = {"dtype": kind, "shape": list(array.shape), "data_offsets": [0, array.nbytes]}
        head = json.dumps({"__metadata__": {"from": "here"}, "w": entry}).encode()
        yield struct.pack("<Q", len(head)) + head + array.tobytes()


def _table(separator: str) -> Iterator[bytes]:
    for array in (pixels(), pixels("f8")):
        yield "\n".join(separator.join(map(str, row)) for row in array.tolist()).encode()
    yield f"1{separator}nan\n-2.5e-3{separator}1e9\n".encode()


def _json() -> Iterator[bytes]:
    for array in (pixels(), pixels("f8"), pixels(channels=3)):
        yield json.dumps(array.tolist()).encode()


# Keys and values of kernel files as the documentation has them.
KERNEL = {"name": "mine", "source": "a book", "kernel": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "bias": [0.5]}
PAIR = {"name": "two", "components": [[[1, 2], [3, 4]], [[1.5, 0], [0, -1e-3]]], "combine": "magnitude"}


def _kernel_json() -> Iterator[bytes]:
    for held in (KERNEL, PAIR, KERNEL["kernel"], {**KERNEL, "bias": 2}):
        yield json.dumps(held).encode()


def _kernel_toml() -> Iterator[bytes]:
    for held in (KERNEL, PAIR):
        yield "".join(f"{key} = {json.dumps(value)}\n" for key, value in held.items()).encode()


def _kernel_text() -> Iterator[bytes]:
    yield b"# by hand\n0 -1 0\n-1 5 -1\n0 -1 0\n"
    yield b"1/9, 1/9, 1/9\n.5, 1e-3, -2\n"


STACKS = [
    """
scale = "unit"
gray = true
[[layer]]
type = "conv"
kernel = "sobel-x"
padding = 1
pad = "reflect"
stride = 1
bias = 0.5
[[layer]]
type = "relu"
[[layer]]
type = "pool"
mode = "max"
size = 2
stride = [2, 2]
padding = 0
ceil = true
""",
    """
scale = "byte"
gray = true
[[layer]]
type = "conv"
weights = [[[[1, 2], [3, 4]]], [[[-1, 0.5], [0, 1e-3]]]]
bias = [1, -2]
dilation = 2
groups = 1
name = "first"
[[layer]]
type = "normalize"
mean = [0.5, 0.25]
std = [2, 1]
[[layer]]
type = "leaky-relu"
slope = 0.1
[[layer]]
type = "upsample"
factor = 2
mode = "bilinear"
[[layer]]
type = "threshold"
limit = 0.25
below = -1
[[layer]]
type = "power"
exponent = 2
""",
    """
scale = "unit"
gray = true
[[layer]]
type = "conv"
weights = "w.safetensors:w"
padding = "same"
groups = 1
[[layer]]
type = "sigmoid"
[[layer]]
type = "pool"
mode = "lp"
norm = 2
size = [2, 3]
dilation = 1
[[layer]]
type = "pool"
mode = "avg"
global = true
""",
]


def _stack() -> Iterator[bytes]:
    yield from (text.encode() for text in STACKS)


# Suffix and maker of the sound files of each kind.
FILES = {
    "npy": (".npy", _npy), "npz": (".npz", _npz), "safetensors": (".safetensors", _safetensors),
    "csv": (".csv", lambda: _table(",")), "tsv": (".tsv", lambda: _table("\t")), "json": (".json", _json),
    "kernel-toml": (".toml", _kernel_toml), "kernel-json": (".json", _kernel_json),
    "kernel-text": (".txt", _kernel_text), "stack": (".toml", _stack),
}  # fmt: skip
FILES = {kind: (suffix, cache(lambda make=make: tuple(make()))) for kind, (suffix, make) in FILES.items()}

# Kernels as they are typed.
SPECS = (
    "0 -1 0; -1 5 -1; 0 -1 0", "1/9,1/9;2e-3,-.5", "gaussian:sigma=2,size=9", "gabor:wavelength=4,angle=30",
    "motion:length=7,angle=45", "disk:radius=3", "log:sigma=1.5", "dog:sigma=1,ratio=1.6", "box:size=3x5",
    "sobel",
    "kirsch", "unsharp:sigma=1,amount=0.5", "binomial:size=5", "emboss:angle=45", "highpass:size=5",
    "identity",
)  # fmt: skip

# Options with a value that they take, by command and its other arguments.
OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "filter {picture} -k box -o out.npy": {
        "--pad": ("zero", "scipy:reflect", "wrap"), "--padding": ("1", "2x3", "1,2,3,4", "full", "same"),
        "--stride": ("2", "2x1"), "--dilation": ("2", "1x3"), "--bias": ("1.5", "-2"), "--jobs": ("1", "2"),
        "--combine": ("max", "sum"), "--alpha": ("keep", "filter"), "--range": ("abs", "scale", "unit"),
        "--depth": ("8", "16", "float"), "--method": ("direct", "fft", "gemm"), "--frame": ("0", "-1"),
        "--max-pixels": ("512M", "10k", "1e3"), "--compress": ("fast", "none"), "--format": ("png", "npy"),
    },
    "filter {picture} -k box -o out.npy -p constant": {"--pad-value": ("7", "-1.5")},
    "pool {picture} -o out.npy": {
        "--size": ("2", "2x3"), "--stride": ("1", "2x1"), "--padding": ("1", "1x0"), "--dilation": ("2",),
        "--mode": ("max", "avg", "lp", "median"), "--jobs": ("1",),
    },
    "pool {picture} -o out.npy --ceil --mode lp": {"--norm": ("2", "inf", "0.5"),
    "--size": ("3",)},
    "show {picture}": {
        "--region": ("0:3,1:5", ":,2:"), "--max-size": ("4", "0"), "--precision": ("3",), "--as": ("csv",
        "json"),
        "--kernel": ("box", "sobel"), "--frame": ("0",),
    },
    "compare {picture} -k box": {
        "--crop": ("1", "2"), "--layers": ("2",), "--shift": ("1,1", "-1,2"), "--pad": ("zero",),
        "--stride": ("2",),
        "--dilation": ("2",), "--bias": ("3",), "--pad-value": ("5",),
    },
    "explain {picture} -k box": {"--at": ("0,0", "-1,3"), "--html": ("page.html",)},
    "learn {picture} {picture} -o out.json -q": {
        "--size": ("1x1", "3", "auto"), "--pad": ("zero", "auto", "valid"), "--stride": ("1",),
        "--l2": ("0.1",),
    },
    "learn {picture} {picture} -o out.json -q --method gd --size 1x1 -p zero": {
        "--steps": ("3", "10"), "--lr": ("0.1", "1e-6"), "--batch": ("8",), "--seed": ("1",),
        "--loss": ("mean", "sum"),
        "--init": ("zero", "normal"),
    },
}  # fmt: skip
