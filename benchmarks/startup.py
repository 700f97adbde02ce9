"""What a whole command costs beside a process that only imports what it is built on.

Each pair runs in turn, and the median of the pairwise ratios is printed, so that a machine that grows slower
during the run does not favour either side.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORTS = "import numpy, PIL.Image, typer, rich"
SHELL = "import typer, rich.console"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)

    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.png")
        _photograph(picture)
        program = [sys.executable, "-m", "convcli"]
        result = str(Path(folder, "result.png"))
        filtering = [*program, "filter", str(picture), "-k", "sobel", "-p", "reflect", "-o", result]
        base = [sys.executable, "-c", IMPORTS]
        rows = [
            _pair(
                "filter 512x512 grey PNG / imports of NumPy, Pillow, Typer, Rich",
                filtering,
                base,
                options.runs,
            ),
            _pair(
                "--help / imports of Typer, Rich",
                [*program, "--help"],
                [sys.executable, "-c", SHELL],
                options.runs,
            ),
            _pair(
                "--version / imports of Typer, Rich",
                [*program, "--version"],
                [sys.executable, "-c", SHELL],
                options.runs,
            ),
        ]
    width = max(len(str(row["what"])) for row in rows)
    for row in rows:
        print(
            f"{row['what']:<{width}}  {row['ratio']:.2f}  ({row['ours'] * 1e3:.0f} / {row['theirs'] * 1e3:.0f} ms)"
        )
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")
    return 0


def _photograph(path: Path) -> None:
    import numpy as np
    from PIL import Image

    rows, columns = np.mgrid[:512, :512]
    noise = np.random.default_rng(0).normal(0, 6, (512, 512))
    values = 128 + 70 * np.sin(rows / 37) * np.cos(columns / 23) + noise
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(path)


def _pair(what: str, ours: list[str], theirs: list[str], runs: int) -> dict[str, object]:
    for command in (ours, theirs):
        _seconds(command)
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(runs)]
    return {
        "what": what,
        "ratio": statistics.median(a / b for a, b in pairs),
        "ours": statistics.median(a for a, _ in pairs),
        "theirs": statistics.median(b for _, b in pairs),
        "runs": runs,
    }


def _seconds(command: list[str]) -> float:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start
