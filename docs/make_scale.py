"""Put what the benchmarks measured into docs/scale.md, and draw docs/pictures/stages.png.

    python -m benchmarks batch --json batch.json
    python -m benchmarks batch --stages --json stages.json
    python -m benchmarks cluster --json cluster.json
    python -m benchmarks huge --json huge.json
    python docs/make_scale.py batch.json stages.json cluster.json huge.json

What a file does not tell stays as it is on the page.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from benchmarks import cluster, huge
from convcli.display.drawn.lettering import FAINT, INK, PAPER, text_width, write
from convcli.display.drawn.plot import COLOURS

HERE = Path(__file__).parent
PAGE, PICTURE = HERE / "scale.md", HERE / "pictures" / "stages.png"
# Where the page holds figures, by name.
BLOCK = re.compile(r"(?<=<!-- measured: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
# In pixels: the picture, a bar, the names at its left, the milliseconds at its right.
WIDTH, BAR, NAMES, TOTALS = 860, 34, 130, 80
# Sizes of fonts.
TITLE, WORDS = 16, 13


def main(files: list[str]) -> None:
    """Read the figures, fill in the page, draw the picture."""
    found: dict[str, str] = {}
    for file in files:
        report = json.loads(Path(file).read_text("utf-8"))
        found |= blocks(report) | {"machine": machine(report["machine"])}
        if "stages" in report:
            draw(report["stages"], report["machine"]["cpu"]).quantize(64).save(PICTURE, optimize=True)
    PAGE.write_text(filled(PAGE.read_text("utf-8"), found), "utf-8")


def filled(page: str, found: dict[str, str]) -> str:
    """Return the page with new figures where there are some."""
    return BLOCK.sub(
        lambda block: block[1] + block[2] + found[block[1]] if block[1] in found else block[0], page
    )


def blocks(report: dict[str, Any]) -> dict[str, str]:
    """Return what a benchmark's report tells, by the names of the page."""
    if "stages" in report:
        return {"stages": _fenced("\n".join(_stages(report["stages"])))}
    if "billion" in report:
        tables = {name: _fenced(table) for name, table in cluster.tables(report).items()}
        return tables | {"paper": _paper(report)}
    if "size" in report:
        return {name: _fenced(table) for name, table in huge.tables(report).items()}
    return {"batch": _fenced("\n".join(_batch(report["rows"])))}


def machine(found: dict[str, Any]) -> str:
    """Say where the figures are from."""
    return (
        f"The figures on this page are from {found['cores']} cores of one processor ({found['cpu']}),\n"
        f"with Python {found['python']} and NumPy {found['numpy']}.\n"
    )


def _fenced(table: str) -> str:
    lines = (line.rstrip() for line in table.splitlines())
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _stages(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield f"{'ms per file':<15}" + "".join(f"{name:>8}" for name in rows[0]["milliseconds"])
    for row in rows:
        yield f"{row['files']:<15}" + "".join(f"{value:>8.2f}" for value in row["milliseconds"].values())


def _batch(rows: list[dict[str, Any]]) -> Iterator[str]:
    peers = list(rows[0]["ratios"])
    yield f"{'':<21}{'1 job, s':>9}{'2 jobs':>8}{'faster':>8}" + "".join(f"{name:>15}" for name in peers)
    for row in rows:
        one, two = (row["seconds"][jobs] for jobs in ("1 job", "2 jobs"))
        ratios = "".join(f"{row['ratios'][name]:>15.2f}" for name in peers)
        yield f"{row['count']:>3} x {row['files']:<15}{one:>9.2f}{two:>8.2f}{row['speedup']:>8.2f}{ratios}"


def _paper(report: dict[str, Any]) -> str:
    """Say the costs that the tables of a billion files are made of."""
    each, billion = report["overhead"][-3], report["billion"]
    bound = {name: f"{billion['rates'][name]:,.0f}" for name in ("workers", "client")}
    worker, scheduler, client, per_file = (
        f"{1e3 * seconds:.1f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.0f} µs"
        for seconds in (billion["file"], each["scheduler"], each["client"], report["client_file"])
    )
    return (
        f"A worker takes {worker} for a photograph of 768x1024; the scheduler {scheduler} for a task; the\n"
        f"client {client} for a task and {per_file} for each of its files. A thousand workers could so do\n"
        f"{bound['workers']} files a second, and one client could list and record {bound['client']}.\n"
    )


def draw(rows: list[dict[str, Any]], cpu: str) -> Image.Image:
    """Draw a bar for each kind of file, divided as its time is."""
    stages = [name for name in rows[0]["milliseconds"] if name != "whole"]
    sheet = Image.new("RGB", (WIDTH, 74 + (BAR + 14) * len(rows) + 22), PAPER)
    pen = ImageDraw.Draw(sheet)
    write(pen, (12, 10), "Where the time of one file goes, one job", TITLE, INK)
    left = float(NAMES)
    for number, name in enumerate(stages):
        pen.rectangle((left, 42, left + 12, 54), COLOURS[number % len(COLOURS)])
        write(pen, (left + 18, 48), name, WORDS, INK, anchor="lm")
        left += 18 + text_width(name, WORDS) + 22
    for place, row in enumerate(rows):
        top = 74 + (BAR + 14) * place
        taken = {name: max(0.0, row["milliseconds"][name]) for name in stages}
        write(pen, (NAMES - 10, top + BAR / 2), row["files"], WORDS, INK, anchor="rm")
        left, scale = float(NAMES), (WIDTH - NAMES - TOTALS) / sum(taken.values())
        for number, milliseconds in enumerate(taken.values()):
            right = left + scale * milliseconds
            pen.rectangle((left, top, right, top + BAR), COLOURS[number % len(COLOURS)])
            share = f"{100 * milliseconds / sum(taken.values()):.0f}%"
            if text_width(share, WORDS) + 6 < right - left:
                write(pen, ((left + right) / 2, top + BAR / 2), share, WORDS, PAPER, anchor="mm")
            left = right
        whole = f"{row['milliseconds']['whole']:,.0f} ms"
        write(pen, (WIDTH - TOTALS + 8, top + BAR / 2), whole, WORDS, INK, anchor="lm")
    write(pen, (12, sheet.height - 8), f"sobel-x; {cpu}", WORDS, FAINT, anchor="ls")
    return sheet


if __name__ == "__main__":
    main(sys.argv[1:])
