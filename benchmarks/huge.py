"""Pictures that need not fit into memory: convcli beside `vips conv`, megapixels per second, peak memory.

Both sharpen an 8-bit grey TIFF with the same 3x3 kernel, replicating the border, and write it as it was laid
out; the results are compared, pixel by pixel. Zarr is filtered too; vips does not read it.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import machine, run, without_blas_settings

# Side of tiles and chunks, in pixels.
TILE = 512
# Rows of a strip.
ROWS = 16
# The kernel `sharpen` as vips reads it: width, height, scale, offset, then its rows.
MATRIX = "3 3 1 0\n0 -1 0\n-1 5 -1\n0 -1 0\n"
OURS, PEER = "convcli", "vips conv"


class Layout(NamedTuple):
    """How a file holds its pixels."""

    name: str
    suffix: str
    tiled: bool = True
    deflate: bool = False


LAYOUTS = (
    Layout("TIFF, tiles", ".tif"),
    Layout("TIFF, tiles, deflate", ".tif", deflate=True),
    Layout("TIFF, strips", ".tif", tiled=False),
    Layout("TIFF, strips, deflate", ".tif", tiled=False, deflate=True),
    Layout("Zarr", ".zarr"),
)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks huge", description=__doc__)
    parser.add_argument("--size", type=int, default=30_000, help="side of the square picture")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, of which the median is shown")
    parser.add_argument("--only", metavar="TEXT", default="", help="layouts whose name holds TEXT")
    parser.add_argument("--keep", metavar="DIR", help="where the pictures are made, once, and kept")
    parser.add_argument("--quick", action="store_true", help="a side of 4,000, one round")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args(argv)
    without_blas_settings("huge", argv)
    if options.quick:
        options.size, options.rounds = 4000, 1
    if shutil.which("vips") is None:
        print("vips is not installed", file=sys.stderr)
    report: dict[str, Any] = {"machine": machine(), "size": options.size, "rows": []}
    with ExitStack() as end:
        temporary = Path(end.enter_context(tempfile.TemporaryDirectory()))
        folder = Path(options.keep) if options.keep else temporary
        folder.mkdir(parents=True, exist_ok=True)
        for layout in LAYOUTS:
            if options.only in layout.name:
                picture = _made(folder, layout, options.size)
                report["rows"].append(_row(layout, picture, temporary, options))
                if not options.keep:
                    _remove(picture)
    print("\n".join(_table(report)))
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def tables(report: dict[str, Any]) -> dict[str, str]:
    """Return the table as it is printed, and as docs/scale.md shows it."""
    return {"huge": "\n".join(_table(report))}


def _table(report: dict[str, Any]) -> Iterator[str]:
    side = report["size"]
    yield f"{side:,} x {side:,}, 8-bit grey; megapixels per second, peak memory and file in MB"
    yield f"{'':<22}{OURS:>9}{'peak':>7}{'file':>7}{PEER:>12}{'peak':>7}{'file':>7}{'ratio':>8}"
    for row in report["rows"]:
        cells = "".join(
            f"{ran['rate']:>{width}.0f}{ran['peak']:>7.0f}{ran['written']:>7.0f}"
            if (ran := row.get(name))
            else f"{'-':>{width}}{'-':>7}{'-':>7}"
            for name, width in ((OURS, 9), (PEER, 12))
        )
        yield f"{row['layout']:<22}{cells}" + (f"{row['ratio']:>8.2f}" if "ratio" in row else f"{'-':>8}")


def _row(layout: Layout, picture: Path, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run both programs in turn; their medians, and whether they write the same pixels."""
    commands, outputs = {}, {name: folder / f"{name.split()[0]}{layout.suffix}" for name in (OURS, PEER)}
    ours = ["filter", str(picture), "-k", "sharpen", "-p", "replicate", "-q", "-o", str(outputs[OURS])]
    commands[OURS] = [sys.executable, "-m", "convcli", *ours]
    if layout.suffix == ".tif" and shutil.which("vips"):
        matrix = folder / "sharpen.mat"
        matrix.write_text(MATRIX)
        shape = [f"tile,tile-width={TILE},tile-height={TILE}"] if layout.tiled else []
        words = ",".join([*shape, f"compression={'deflate' if layout.deflate else 'none'}"])
        target = f"{outputs[PEER]}[{words}]"
        commands[PEER] = ["vips", "conv", str(picture), target, str(matrix), "--precision", "integer"]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            _remove(outputs[name])
            if ran := run(command):
                found = {"seconds": ran.seconds, "rate": options.size**2 / 1e6 / ran.seconds}
                found |= {"peak": ran.peak / 1e6, "written": _bytes(outputs[name]) / 1e6}
                runs[name].append(found)
    row: dict[str, Any] = {"layout": layout.name}
    for name, several in ((name, several) for name, several in runs.items() if several):
        row[name] = {key: statistics.median(one[key] for one in several) for key in several[0]}
    if OURS in row and PEER in row:
        row["ratio"] = row[OURS]["seconds"] / row[PEER]["seconds"]
        row["same"] = _apart(_same, outputs[OURS], outputs[PEER])
        if not row["same"]:
            print(f"{layout.name}: the pixels differ", file=sys.stderr)
    for path in outputs.values():
        _remove(path)
    return row


def _made(folder: Path, layout: Layout, size: int) -> Path:
    """Return a picture of a layout, which is made if it is not there."""
    words = "-".join(layout.name.lower().replace(",", "").split())
    path = folder / f"{words}-{size}{layout.suffix}"
    if not path.exists():
        part = folder / f"part{layout.suffix}"
        _remove(part)
        _apart(_make, part, layout, size)
        part.rename(path)
    return path


def _apart(work: Any, *arguments: Any) -> Any:
    """Work in another process: a process that is started counts its parent's peak memory as its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        return other.submit(work, *arguments).result()


def _make(path: Path, layout: Layout, size: int) -> None:
    """Write a picture piece by piece."""
    if layout.suffix == ".zarr":
        import zarr

        made: Any = zarr.create_array(path, shape=(size, size), chunks=(TILE, TILE), dtype="uint8")
        for top in range(0, size, TILE):
            made[top : top + TILE] = _pixels(top, 0, min(TILE, size - top), size)
        return
    import tifffile

    plain: dict[str, Any] = {"shape": (size, size), "dtype": np.uint8, "photometric": "minisblack"}
    if layout.tiled:
        coded: dict[str, Any] = {"compression": "zlib", "predictor": True} if layout.deflate else {}
        tifffile.imwrite(path, _tiles(size), tile=(TILE, TILE), **plain, **coded)
    elif layout.deflate:
        # Strips are taken one by one as they are in the file: differences along each row, deflated.
        strips = (zlib.compress(np.diff(strip, axis=1, prepend=np.uint8(0))) for strip in _strips(size))
        tifffile.imwrite(path, strips, rowsperstrip=ROWS, compression="zlib", predictor=True, **plain)
    else:
        lying: Any = tifffile.memmap(path, rowsperstrip=ROWS, **plain)
        for number, strip in enumerate(_strips(size)):
            lying[number * ROWS : (number + 1) * ROWS] = strip


def _tiles(size: int) -> Iterator[Any]:
    for top in range(0, size, TILE):
        for left in range(0, size, TILE):
            yield _pixels(top, left, TILE, TILE)


def _strips(size: int) -> Iterator[Any]:
    for top in range(0, size, ROWS):
        yield _pixels(top, 0, min(ROWS, size - top), size)


def _pixels(top: int, left: int, height: int, width: int) -> Any:
    """Return a part of a picture with the smooth areas and the noise of a photograph."""
    rows, columns = (
        np.arange(top, top + height, dtype=np.float32),
        np.arange(left, left + width, dtype=np.float32),
    )
    smooth = 128 + 90 * np.sin(rows[:, None] / 371) * np.cos(columns / 233)
    noise = np.random.default_rng((top, left)).standard_normal((height, width), np.float32)
    return np.clip(np.rint(smooth + 2 * noise), 0, 255).astype(np.uint8)


def _same(path: Path, other: Path) -> bool:
    """Whether two TIFFs hold the same pixels: both in memory, in a process that is not measured."""
    import tifffile

    return np.array_equal(tifffile.imread(path, key=0), tifffile.imread(other, key=0))


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
