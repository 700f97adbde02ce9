"""What a whole command costs beside a process that only imports what it is built on.

Each pair runs in turn, and the median of the pairwise ratios is printed, so that a machine that grows slower
during the run does not favour either side. Variables that slow every start (``OPENBLAS_*``, and those that
keep Python from using compiled modules) are dropped for the processes that are measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

# What the process beside each command imports: for `filter`, and for help.
IMPORTS = "import numpy, PIL.Image, typer, rich"
SHELL = "import typer, rich.console"


@dataclass(frozen=True)
class Row:
    """One pair of commands: the median ratio of their times, and the median of each in seconds."""

    what: str
    ratio: float
    ours: float
    theirs: float
    runs: int


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)

    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.png")
        _photograph(picture)
        script = Path(sys.executable).with_name("convcli")
        program = [str(script)] if script.exists() else [sys.executable, "-m", "convcli"]
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
    width = max(len(row.what) for row in rows)
    for row in rows:
        times = f"({row.ours * 1e3:.0f} / {row.theirs * 1e3:.0f} ms)"
        print(f"{row.what:<{width}}  {row.ratio:.2f}  {times}")
    if options.json:
        Path(options.json).write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0


def _photograph(path: Path) -> None:
    import numpy as np
    from PIL import Image

    rows, columns = np.mgrid[:512, :512]
    noise = np.random.default_rng(0).normal(0, 6, (512, 512))
    values = 128 + 70 * np.sin(rows / 37) * np.cos(columns / 23) + noise
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(path)


def _pair(what: str, ours: list[str], theirs: list[str], runs: int) -> Row:
    for command in (ours, theirs):
        _seconds(command)
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(runs)]
    return Row(
        what,
        statistics.median(a / b for a, b in pairs),
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        runs,
    )


def _seconds(command: list[str]) -> float:
    dropped = ("OPENBLAS_", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start
