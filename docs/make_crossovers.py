"""Draw docs/pictures/crossovers.png from what ``python -m benchmarks crossovers --json FILE`` measured.

Run ``python docs/make_crossovers.py FILE``. Between the sizes that were measured, lines go straight.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from convcli.display.drawn.plot import Plot, Series, draw_plot

PICTURE = Path(__file__).parent / "pictures" / "crossovers.png"
METHODS = ("direct", "separable", "gemm", "fft")
FAMILIES = {"dense ": "dense kernels", "rank 1, ": "kernels of rank 1 (a column times a row)"}
WIDTH, HEIGHT = 620, 420


def main(file: str) -> None:
    """Read the figures, draw one plot for each family of kernels, side by side."""
    report = json.loads(Path(file).read_text("utf-8"))
    where = f"{report['machine']['cpu']}, {report['threads']} threads, {report['size']} x {report['size']}"
    plots = [
        draw_plot(
            Plot(
                title=f"{title}: nanoseconds per pixel",
                x_label=f"side of the kernel ({where})",
                y_label="ns per pixel, logarithmic",
                series=[
                    Series(method, _line(_measured(report, prefix, method)), kind=kind)
                    for kind, method in enumerate(METHODS)
                    if _measured(report, prefix, method)
                ],
                logarithmic=True,
            ),
            WIDTH,
            HEIGHT,
        )
        for prefix, title in FAMILIES.items()
    ]
    Image.fromarray(np.hstack(plots)).quantize(64).save(PICTURE, optimize=True)


def _measured(report: dict[str, Any], prefix: str, method: str) -> dict[int, float]:
    """Return the time of each size that `method` was tried at."""
    rows = (row for row in report["rows"] if re.fullmatch(re.escape(prefix) + r"\d+", row["kernel"]))
    return {int(row["kernel"].removeprefix(prefix)): row["ns"][method] for row in rows if method in row["ns"]}


def _line(measured: dict[int, float]) -> list[float]:
    """Return values at 0, 1, 2 ...; none before the first size and after the last."""
    sizes = sorted(measured)
    places = np.arange(sizes[-1] + 1)
    logs = np.interp(places, sizes, np.log([measured[size] for size in sizes]), left=np.nan)
    return [float(value) for value in np.exp(logs)]


if __name__ == "__main__":
    main(sys.argv[1])
