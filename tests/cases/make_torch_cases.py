"""Write ``torch_conv2d.npz`` beside this file: what PyTorch makes of small random layers.

Run with a Python that has PyTorch; the tests read the file with NumPy alone.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

MODES = {"zero": "constant", "constant": "constant", "reflect": "reflect", "replicate": "replicate"}
MODES["wrap"] = "circular"


def main() -> None:
    rng = np.random.default_rng(20251124)
    arrays, cases = {}, []
    for number in range(40):
        pad = list(MODES)[number % len(MODES)]
        groups = int(rng.choice([1, 1, 2, 3]))
        depth, outputs = int(rng.integers(1, 4)), groups * int(rng.integers(1, 4))
        kernel = rng.integers(1, 6, 2)
        dilation, stride = rng.integers(1, 4, 2), rng.integers(1, 4, 2)
        size = (kernel - 1) * dilation + 1 + rng.integers(0, 9, 2)
        # PyTorch's reflection and wrapping must be narrower than the picture.
        edges = rng.integers(0, np.minimum(size, 4)[:, None].repeat(2, 1))
        kind = "float64" if number % 2 else "float32"
        x = rng.standard_normal((int(rng.integers(1, 3)), depth * groups, *size)).astype(kind)
        weight = rng.standard_normal((outputs, depth, *kernel)).astype(kind)
        bias = rng.standard_normal(outputs).astype(kind) if rng.random() < 0.5 else None
        value = 2.5 if pad == "constant" else 0.0
        (top, bottom), (left, right) = edges.tolist()
        extra = {"value": value} if MODES[pad] == "constant" else {}
        padded = functional.pad(torch.from_numpy(x), (left, right, top, bottom), mode=MODES[pad], **extra)
        y = functional.conv2d(
            padded,
            torch.from_numpy(weight),
            None if bias is None else torch.from_numpy(bias),
            stride=stride.tolist(),
            dilation=dilation.tolist(),
            groups=groups,
        )
        case = {"pad": pad, "pad_value": value, "groups": groups, "padding": edges.tolist()}
        cases.append({**case, "stride": stride.tolist(), "dilation": dilation.tolist()})
        arrays |= {f"x{number}": x, f"weight{number}": weight, f"y{number}": y.numpy()}
        if bias is not None:
            arrays[f"bias{number}"] = bias
    where = Path(__file__).with_name("torch_conv2d.npz")
    np.savez_compressed(where, cases=json.dumps({"torch": torch.__version__, "cases": cases}), **arrays)
    print(where, where.stat().st_size)


if __name__ == "__main__":
    main()
