"""Write ``torch_pool2d.npz`` beside this file: what PyTorch makes of small random pictures by pooling.

Run with a Python that has PyTorch; the tests read the file with NumPy alone.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional


def main() -> None:
    rng = np.random.default_rng(20251125)
    arrays, cases = {}, []
    while len(cases) < 80:
        mode = ["max", "avg", "min", "lp"][len(cases) % 4]
        size, stride = rng.integers(1, 6, 2), rng.integers(1, 5, 2)
        dilation = rng.integers(1, 4, 2) if mode in ("max", "min") else np.array([1, 1])
        # PyTorch pads at most half of the window.
        padding = np.array([0, 0]) if mode == "lp" else rng.integers(0, size // 2 + 1)
        ceil, counts = bool(rng.random() < 0.5), bool(rng.random() < 0.5)
        power = float(rng.choice([1, 2, 3, 4]))
        kind = "float64" if rng.random() < 0.5 else "float32"
        x = rng.standard_normal((1, 2, *rng.integers(1, 14, 2))).astype(kind)
        if mode == "lp":
            # PyTorch takes odd powers with their sign, and windows that hang over for whole ones.
            x, ceil = np.abs(x), False
        given = torch.from_numpy(x)
        window = (size.tolist(), stride.tolist(), padding.tolist())
        try:
            if mode == "max":
                y = functional.max_pool2d(given, *window, dilation.tolist(), ceil)
            elif mode == "min":
                y = -functional.max_pool2d(-given, *window, dilation.tolist(), ceil)
            elif mode == "avg":
                y = functional.avg_pool2d(given, *window, ceil, counts)
            else:
                y = functional.lp_pool2d(given, power, *window[:2], ceil)
        except RuntimeError:  # not one window fits
            continue
        if not torch.isfinite(y).all():  # a window that sees padding alone, which we refuse
            continue
        number = len(cases)
        case = {"mode": mode, "size": window[0], "stride": window[1], "padding": window[2], "ceil": ceil}
        case |= {"dilation": dilation.tolist(), "count_include_pad": counts if mode == "avg" else True}
        cases.append({**case, "p": power})
        arrays |= {f"x{number}": x, f"y{number}": y.numpy()}
    where = Path(__file__).with_name("torch_pool2d.npz")
    np.savez_compressed(where, cases=json.dumps({"torch": torch.__version__, "cases": cases}), **arrays)
    print(where, where.stat().st_size)


if __name__ == "__main__":
    main()
