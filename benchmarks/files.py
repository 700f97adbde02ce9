"""Whole processes on 12-megapixel files: convcli beside ImageMagick, GraphicsMagick, Pillow and OpenCV.

Each sharpens with the same 3x3 kernel and writes the format that it read; all run in turn. A ratio below 1
means that convcli is faster. What is not installed is named.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.machine import machine

SAMPLES = Path(__file__).parents[1] / "sample_images"
# Width and height in pixels.
SIZE = (4000, 3000)
PILLOW = """
import sys
from PIL import Image, ImageFilter
kernel = ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 5, -1, 0, -1, 0), scale=1)
Image.open(sys.argv[1]).filter(kernel).save(sys.argv[2])
"""
OPENCV = """
import sys
import cv2
import numpy
kernel = numpy.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], numpy.float32)
cv2.imwrite(sys.argv[2], cv2.filter2D(cv2.imread(sys.argv[1], cv2.IMREAD_UNCHANGED), -1, kernel))
"""
# The kernel `sharpen`, row by row.
FLAT = "0,-1,0,-1,5,-1,0,-1,0"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks files", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="repetitions, of which the median is shown")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        pictures = _pictures(Path(folder))
        programs = _programs()
        print(
            f"{'12 megapixels':<14}{'ours, s':>9}"
            + "".join(f"{name:>16}" for name in programs if name != "convcli")
        )
        for what, picture in pictures.items():
            seconds = _interleaved(programs, picture, options.rounds)
            ours = seconds.pop("convcli")
            rows.append({"file": what, "seconds": ours, "ratios": {n: ours / s for n, s in seconds.items()}})
            print(
                f"{what:<14}{ours:>9.2f}" + "".join(f"{ours / s:>16.2f}" for s in seconds.values()),
                flush=True,
            )
    if options.json:
        Path(options.json).write_text(
            json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n", "utf-8"
        )
    return 0


def _pictures(folder: Path) -> dict[str, Path]:
    """Make pictures with the smooth areas and the noise of photographs."""
    rng = np.random.default_rng(0)
    made = {}
    for what, name, suffix in (
        ("grey PNG", "camera.png", ".png"),
        ("RGB PNG", "coffee.png", ".png"),
        ("JPEG", "rocket.jpg", ".jpg"),
    ):
        with Image.open(SAMPLES / name) as image:
            pixels = np.asarray(image.resize(SIZE, Image.Resampling.BICUBIC), np.float32)
        noisy = np.clip(np.rint(pixels + rng.normal(0, 2, pixels.shape)), 0, 255).astype(np.uint8)
        made[what] = folder / f"{what.replace(' ', '-')}{suffix}"
        Image.fromarray(noisy).save(made[what])
    return made


def _programs() -> dict[str, list[str]]:
    """Return each program's command, IN and OUT standing for the files; print which are missing."""
    script = Path(sys.executable).with_name("convcli")
    ours = [str(script)] if script.exists() else [sys.executable, "-m", "convcli"]
    found = {"convcli": [*ours, "filter", "IN", "-k", "sharpen", "-q", "-o", "OUT"]}
    magick = shutil.which("magick") or shutil.which("convert")
    wanted: dict[str, list[str] | None] = {
        "ImageMagick": [magick, "IN", "-morphology", "Convolve", f"3x3:{FLAT}", "OUT"] if magick else None,
        "GraphicsMagick": ["gm", "convert", "IN", "-convolve", FLAT, "OUT"] if shutil.which("gm") else None,
        "Pillow script": [sys.executable, "-c", PILLOW, "IN", "OUT"],
        "OpenCV script": [sys.executable, "-c", OPENCV, "IN", "OUT"] if find_spec("cv2") else None,
    }
    for name, command in wanted.items():
        if command is None:
            print(f"{name} is not installed", file=sys.stderr)
        else:
            found[name] = command
    return found


def _interleaved(programs: dict[str, list[str]], picture: Path, rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(rounds + 1):
        for name, command in programs.items():
            seconds = _seconds(command, picture)
            if number:
                times[name].append(seconds)
    return {name: statistics.median(taken) for name, taken in times.items()}


def _seconds(command: list[str], picture: Path) -> float:
    out = picture.with_name(f"out{picture.suffix}")
    filled = [{"IN": str(picture), "OUT": str(out)}.get(word, word) for word in command]
    dropped = ("OPENBLAS_", "PYTHONDONTWRITEBYTECODE")
    environment: dict[str, Any] = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    start = time.perf_counter()
    subprocess.run(filled, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start
