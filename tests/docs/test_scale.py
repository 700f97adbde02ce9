"""docs/scale.md has a place for every table of the benchmarks; its commands are run by test_commands.py."""

import re
from typing import Any

import numpy as np
import pytest

from benchmarks import simulation
from benchmarks.simulation import Costs, billion
from tests.docs.shown import script
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "scale.md").read_text("utf-8")
MACHINE = {"cpu": "a processor", "cores": 2, "python": "3.11.7", "numpy": "2.4.6"}
PARTS = {"task": 4e-3, "worker": 2e-3, "scheduler": 1.5e-3, "client": 1e-3}
RUN = {"files": "768x1024 JPEG", "count": 160, "file": 0.02, "measured": 2.5, "simulated": 2.0, "ratio": 0.8}
HUGE = {"rate": 90.0, "peak": 250.0, "written": 900.0, "seconds": 10.0}
REPORTS: dict[str, dict[str, Any]] = {
    "stages": {
        "machine": MACHINE,
        "stages": [
            {"files": name, "milliseconds": {"read": 1.0, "decode": 2.0, "rest": -0.5, "whole": 1090.26}}
            for name in ("768x1024 JPEG", "3000x4000 PNG")
        ],
    },
    "batch": {
        "machine": MACHINE,
        "rows": [
            {
                "files": "3000x4000 JPEG",
                "count": 200,
                "seconds": {"2 jobs": 10.5, "1 job": 20.0},
                "ratios": {"OpenCV script": 1.23, "gm, xargs -P2": 0.4},
                "speedup": 1.9,
            }
        ],
    },
    "cluster": {
        "machine": MACHINE,
        "overhead": [
            {"workers": workers, "chunk": chunk, "waits": waits, **PARTS}
            for workers in (1, 2)
            for chunk, waits in ((1, False), (64, False), (1, True))
        ],
        "client_file": 1e-4,
        "runs": [{**RUN, "chunk": 1, "start": 0.0}, {**RUN, "chunk": 10, "start": 1.5}],
        "chosen": {"1": 10, "1000": 200},
    },
    "huge": {
        "machine": MACHINE,
        "size": 30_000,
        "rows": [
            {"layout": "TIFF, tiles, deflate", "convcli": HUGE, "vips conv": HUGE, "ratio": 1.0},
            {"layout": "Zarr", "convcli": HUGE},
        ],
    },
}


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    make = script("make_scale")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "ROUNDS", 5)
        patch.setattr(simulation, "LEAST", 500)
        costs = Costs(0.02, worker=2e-3, scheduler=1.5e-3, client=1e-3, client_file=1e-4)
        REPORTS["cluster"]["billion"] = billion(costs, 130_000, 200_000)
    found = {name: text for report in REPORTS.values() for name, text in make.blocks(report).items()}
    return {**found, "machine": make.machine(MACHINE)}


def test_every_table_has_its_place_on_the_page(made: dict[str, str]) -> None:
    assert sorted(re.findall(r"<!-- measured: (\w+) -->", PAGE)) == sorted(made)
    assert PAGE.count("<!-- end -->") == len(made)


def test_tables_are_put_there_and_nothing_else_changes(made: dict[str, str]) -> None:
    filled = script("make_scale").filled(PAGE, made)
    for name, text in made.items():
        assert f"<!-- measured: {name} -->\n{text}<!-- end -->" in filled
    emptied = re.compile(r"(<!-- measured: \w+ -->\n).*?(<!-- end -->)", re.DOTALL)
    assert emptied.sub(r"\1\2", filled) == emptied.sub(r"\1\2", PAGE)
    assert script("make_scale").filled(PAGE, {}) == PAGE


def test_tables_fit_in_80_columns(made: dict[str, str]) -> None:
    lines = [line for text in made.values() if text.startswith("```") for line in text.splitlines()]
    assert max(map(len, lines)) <= 80


def test_what_is_measured_is_in_the_tables(made: dict[str, str]) -> None:
    assert "1,090 ms" not in made["stages"]
    assert "1090.26" in made["stages"]
    assert "200 x 3000x4000 JPEG" in made["batch"]
    assert "1.23" in made["batch"]
    # 2.0 s simulated, 2.5 s measured.
    assert made["runs"].count("0.80") == 2
    # 10^9 files of 20 ms, with 2 x 5 ms of waiting, take 8,333 hours, and as many tasks of 2 ms 556 hours.
    assert re.search(r"^1 +89\d\d workers +8[34]\d\d workers", made["billion"], re.MULTILINE)
    # 10^9 tasks of 1.5 ms of the scheduler.
    assert re.search(r"^1,000 +417 scheduler", made["billion"], re.MULTILINE)


def test_a_bar_is_divided_as_the_time_is() -> None:
    drawn = np.asarray(script("make_scale").draw(REPORTS["stages"]["stages"], "a processor"))
    row = drawn[80]  # through the first bar, above its letters
    first, second = ((row == row[column]).all(1).sum() for column in (140, 500))
    assert second / first == pytest.approx(2, rel=0.02)
