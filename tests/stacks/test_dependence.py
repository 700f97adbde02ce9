"""What a pixel depends on is what changes it: every pixel of the input is changed, one at a time."""

from pathlib import Path

import numpy as np
import pytest

from convcli.stacks.dependence import Region, regions, taps
from convcli.stacks.stack import read_stack
from convcli.stacks.trace import plan, run

SHAPE = (1, 9, 7)
CONV = "type = 'conv'\nkernel = '1 2 3; 4 5 6; 7 8 9'"
STACKS = {
    **{
        pad: f"{CONV}\npad = '{pad}'\npadding = 2\nstride = 2"
        for pad in ("zero", "constant", "reflect", "replicate", "wrap", "symmetric")
    },
    "dilated": f"{CONV}\ndilation = [2, 1]\npadding = [2, 0]|type = 'relu'|{CONV}\npadding = 1\npad = 'wrap'",
    "lesson": f"{CONV}|type = 'relu'|type = 'pool'\nsize = 3\nstride = 2|type = 'conv'\nkernel = '1 2; 3 4'",
    "ceil": "type = 'pool'\nsize = 2\nstride = 3\nceil = true\nmode = 'avg'|type = 'pool'\nceil = true",
    "neutral": f"type = 'pool'\nsize = 3\nstride = 2\npadding = 1|{CONV}\npadding = 'full'",
    "counted": "type = 'pool'\nsize = 4\nstride = 3\npadding = 2\nmode = 'avg'",
    "up": f"type = 'upsample'\nfactor = 2|{CONV}|type = 'upsample'\nfactor = [3, 2]\nmode = 'bilinear'",
    "global": f"{CONV}|type = 'pool'\nglobal = true\nmode = 'avg'|type = 'sigmoid'",
    "padding alone": "type = 'conv'\nkernel = '1 2'\npadding = 3|type = 'conv'\nkernel = '1; 1'\npadding = 1",
}


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_what_changes_a_pixel_is_what_it_depends_on(layers: str, tmp_path: Path) -> None:
    path = tmp_path / "stack.toml"
    path.write_text("scale = 'byte'\n" + "".join(f"[[layer]]\n{each}\n" for each in layers.split("|")))
    stack = read_stack(str(path))
    stack = stack._replace(layers=tuple(layer for layer in stack.layers if layer.type != "sigmoid"))
    x = np.random.default_rng(3).uniform(1, 2, SHAPE)
    before, _ = run(stack, x)
    changed = np.zeros((*before.shape[1:], *SHAPE[1:]), bool)
    for row, column in np.ndindex(*SHAPE[1:]):
        other = x.copy()
        other[0, row, column] += 1000  # wins every maximum; all weights are above 0
        changed[..., row, column] = (run(stack, other)[0] != before).any(0)
    tables = [
        taps(layer, made.input_shape) for layer, made in zip(stack.layers, plan(stack, SHAPE), strict=True)
    ]
    for row, column in np.ndindex(*before.shape[1:]):
        found = regions(tables, Region(np.array([row]), np.array([column])))[0]
        expected = np.zeros(SHAPE[1:], bool)
        expected[np.ix_(*found)] = True
        np.testing.assert_array_equal(expected, changed[row, column], err_msg=f"{row}, {column}")
