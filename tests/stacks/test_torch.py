"""Random stacks against PyTorch: results, shapes, parameters and receptive fields."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from convcli.stacks.stack import Stack
from convcli.stacks.trace import plan, run
from tests.paths import CASES
from tests.stacks.helpers import stack_of

WHERE = CASES / "torch_stacks.npz"
STORED = np.load(WHERE)
CASES = json.loads(str(STORED["cases"]))["cases"]


def build(folder: Path, tables: list[dict[str, Any]], prefix: str, file: Path, names: list[str]) -> Stack:
    layers = []
    for at, table in enumerate(tables):
        layer = dict(table)
        stem = f"{prefix}{at}"
        if table["type"] == "conv":
            layer["weights"] = f"{file}:{stem}.weight"
            if f"{stem}.bias" in names:
                layer["bias"] = f"{file}:{stem}.bias"
        elif table["type"] == "normalize":
            layer["statistics"] = f"{file}:{stem}"
        layers.append(layer)
    return stack_of(folder, *layers)


def check(stack: Stack, x: np.ndarray, y: np.ndarray, told: dict[str, Any]) -> None:
    result, traces = run(stack, x)
    assert result.dtype == np.float32
    assert [list(trace.shape) for trace in traces] == told["shapes"]
    assert [trace.parameters for trace in traces] == told["parameters"]
    assert [list(trace.receptive_field) for trace in traces] == told["fields"]
    assert_allclose(result, y, rtol=1e-4, atol=2e-5 * max(1.0, float(np.abs(y).max())))
    shape = (x.shape[0], x.shape[1], x.shape[2])
    assert [trace._replace(seconds=0) for trace in traces] == plan(stack, shape)


def test_every_layer_type_with_parameters_of_pytorch_is_there() -> None:
    seen = {table["type"] for case in CASES for table in case["layers"]}
    types = "conv pool relu leaky-relu sigmoid tanh normalize upsample threshold"
    assert seen == set(types.split())
    assert len(CASES) == 40


@pytest.mark.parametrize("number", range(len(CASES)))
def test_stored(tmp_path: Path, number: int) -> None:
    case = CASES[number]
    stack = build(tmp_path, case["layers"], f"{number}.", WHERE, STORED.files)
    check(stack, STORED[f"{number}.x"], STORED[f"{number}.y"], case)


@pytest.mark.parametrize("seed", range(30))
def test_live(tmp_path: Path, seed: int) -> None:
    pytest.importorskip("torch")
    from tests.cases.make_torch_stacks import measure, random_stack

    rng = np.random.default_rng(seed)
    tables, arrays, shape = random_stack(rng)
    x = rng.standard_normal(shape).astype("f")
    y, told = measure(tables, arrays, x)
    np.savez(tmp_path / "w.npz", **arrays)
    check(build(tmp_path, tables, "", tmp_path / "w.npz", list(arrays)), x, y, told)
