"""Write ``torch_learn.npz`` beside this file: how PyTorch descends from zero on small random pairs.

Run with a Python that has PyTorch; the tests read the file with NumPy alone.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

MODES = {"zero": "constant", "reflect": "reflect", "replicate": "replicate", "wrap": "circular", "valid": ""}
STEPS = 25


def main() -> None:
    rng = np.random.default_rng(20251125)
    arrays, cases = {}, []
    for number in range(20):
        pad = list(MODES)[number % len(MODES)]
        method, loss = ("gd", "adam")[number % 2], ("mean", "sum")[number // 2 % 2]
        kernel, stride = rng.integers(1, 5, 2).tolist(), rng.integers(1, 3, 2).tolist()
        x = rng.standard_normal((int(rng.integers(8, 14)), int(rng.integers(8, 14))))
        decay, bias = float(rng.choice([0.0, 0.3])), bool(rng.random() < 0.7)
        rate = 0.05 if method == "adam" else 0.02 if loss == "mean" else 0.002
        padded = torch.from_numpy(_padded(x, kernel, pad))[None, None]
        target = functional.conv2d(
            padded, torch.from_numpy(rng.standard_normal((1, 1, *kernel))), stride=stride
        )
        target += torch.from_numpy(1.5 + 0.1 * rng.standard_normal(target.shape))
        losses, weight, shift = _descend(padded, target, kernel, stride, method, loss, rate, decay, bias)
        case = {"pad": pad, "stride": stride, "size": kernel, "method": method, "loss": loss, "lr": rate}
        # PyTorch adds decay * w to the gradient: the penalty is decay / 2 * sum(w^2).
        cases.append({**case, "l2": decay / 2, "bias": bias, "steps": STEPS})
        arrays |= {f"x{number}": x, f"y{number}": target[0, 0].numpy(), f"losses{number}": losses}
        arrays |= {f"weight{number}": weight, f"bias{number}": shift}
    where = Path(__file__).with_name("torch_learn.npz")
    np.savez_compressed(where, cases=json.dumps({"torch": torch.__version__, "cases": cases}), **arrays)
    print(where, where.stat().st_size)


def _padded(x: np.ndarray, kernel: list[int], pad: str) -> np.ndarray:
    if pad == "valid":
        return x
    sides = [((k - 1) // 2, k // 2) for k in kernel]
    mode = MODES[pad]
    widths = (*sides[1], *sides[0])
    return functional.pad(torch.from_numpy(x)[None, None], widths, mode=mode)[0, 0].numpy()


def _descend(padded, target, kernel, stride, method, loss, rate, decay, bias):
    weight = torch.zeros((1, 1, *kernel), dtype=torch.float64, requires_grad=True)
    shift = torch.zeros(1, dtype=torch.float64, requires_grad=bias)
    groups = [{"params": [weight], "weight_decay": decay}]
    groups += [{"params": [shift], "weight_decay": 0.0}] if bias else []
    optimizer = (torch.optim.Adam if method == "adam" else torch.optim.SGD)(groups, lr=rate)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        error = (functional.conv2d(padded, weight, shift, stride=stride) - target) ** 2
        value = error.mean() if loss == "mean" else error.sum()
        losses.append(value.item() + decay / 2 * float((weight.detach() ** 2).sum()))
        value.backward()
        optimizer.step()
    return np.array(losses), weight.detach().numpy()[0, 0], shift.detach().numpy()


if __name__ == "__main__":
    main()
