"""Write ``torch_stacks.npz`` beside this file: what PyTorch makes of small random stacks of layers.

Run with a Python that has PyTorch; the tests read the file with NumPy alone. Receptive fields are measured:
weights are made positive, what is not linear is replaced by what is, and gradients tell which pixels count.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

Table = dict[str, Any]
Arrays = dict[str, np.ndarray]
WIDE = 240


def random_stack(rng: np.random.Generator) -> tuple[list[Table], Arrays, tuple[int, int, int]]:
    """Return tables as a stack file has them, their arrays by layer and name, and the input's shape."""
    while True:
        shape = (int(rng.integers(1, 5)), *map(int, rng.integers(17, 40, 2)))
        tables, arrays = _draw(rng, shape[0])
        try:
            with torch.no_grad():
                made = network(tables, arrays)(torch.zeros(1, *shape))
        except (RuntimeError, ValueError):
            continue  # the layers shrink the picture to nothing
        if made.shape[-1] >= 2 and made.shape[-2] >= 2:
            return tables, arrays, shape


def _draw(rng: np.random.Generator, channels: int) -> tuple[list[Table], Arrays]:
    tables: list[Table] = []
    arrays: Arrays = {}
    kinds = ["conv", "conv", "conv", "pool", "pool", "relu", "leaky-relu", "sigmoid", "tanh", "normalize"]
    for at in range(int(rng.integers(3, 8))):
        kind = str(rng.choice([*kinds, "upsample", "threshold"]))
        table: Table = {"type": kind}
        if kind == "conv":
            groups = int(rng.choice([g for g in (1, 1, 2, 3, channels) if channels % g == 0]))
            outputs, kernel = groups * int(rng.integers(1, 4)), rng.integers(1, 6, 2)
            scale = 1 / np.sqrt(channels // groups * kernel.prod())
            weight = rng.normal(0, scale, (outputs, channels // groups, *kernel))
            arrays[f"{at}.weight"] = weight.astype("f")
            if rng.random() < 0.6:
                arrays[f"{at}.bias"] = rng.normal(0, 0.3, outputs).astype("f")
            table |= {"groups": groups, "stride": _two(rng, 1, 3), "padding": _two(rng, 0, 4)}
            table["dilation"] = _two(rng, 1, 3)
            channels = outputs
        elif kind == "pool":
            size = _two(rng, 1, 4)
            table |= {"mode": str(rng.choice(["max", "avg"])), "size": size, "stride": _two(rng, 1, 4)}
            table["padding"] = [int(rng.integers(0, side // 2 + 1)) for side in size]
            table["ceil"] = bool(rng.random() < 0.5)
            if table["mode"] == "avg":
                table["count_include_pad"] = bool(rng.random() < 0.5)
            elif rng.random() < 0.3:
                table["dilation"] = _two(rng, 1, 3)
        elif kind == "leaky-relu":
            table["slope"] = round(float(rng.uniform(0.01, 0.5)), 3)
        elif kind == "normalize":
            table["eps"] = 0.01
            for name in ("running_mean", "bias"):
                arrays[f"{at}.{name}"] = rng.normal(0, 0.3, channels).astype("f")
            for name in ("running_var", "weight"):
                arrays[f"{at}.{name}"] = rng.uniform(0.3, 1.5, channels).astype("f")
        elif kind == "upsample":
            table |= {"factor": _two(rng, 1, 4), "mode": str(rng.choice(["nearest", "bilinear"]))}
        elif kind == "threshold":
            table |= {"limit": round(float(rng.normal(0, 0.3)), 3), "below": round(float(rng.normal()), 3)}
        tables.append(table)
    return tables, arrays


def _two(rng: np.random.Generator, low: int, high: int) -> list[int]:
    return [int(n) for n in rng.integers(low, high, 2)]


def network(tables: list[Table], arrays: Arrays, *, seeing: bool = False) -> nn.Sequential:
    """Return the layers; `seeing` makes them linear, and positive, so that gradients show what is seen."""
    return nn.Sequential(*(_layer(table, at, arrays, seeing) for at, table in enumerate(tables))).eval()


def _layer(table: Table, at: int, arrays: Arrays, seeing: bool) -> nn.Module:
    held = {
        name.partition(".")[2]: torch.from_numpy(a) for name, a in arrays.items() if name.startswith(f"{at}.")
    }
    window = {key: tuple(table[key]) for key in ("stride", "padding", "dilation") if key in table}
    match table["type"]:
        case "conv":
            weight = held["weight"]
            inputs = weight.shape[1] * table["groups"]
            size, groups = tuple(weight.shape[2:]), table["groups"]
            layer = nn.Conv2d(inputs, weight.shape[0], size, groups=groups, bias="bias" in held, **window)
            layer.load_state_dict(held)
            if seeing:
                nn.init.ones_(layer.weight)
            return layer
        case "pool" if table["mode"] == "max" and not seeing:
            return nn.MaxPool2d(tuple(table["size"]), ceil_mode=table["ceil"], **window)
        case "pool" if table["mode"] == "max":
            return _Spread(table)
        case "pool":
            counts = table["count_include_pad"]
            return nn.AvgPool2d(
                tuple(table["size"]), ceil_mode=table["ceil"], count_include_pad=counts, **window
            )
        case "upsample":
            mode = table["mode"]
            return nn.Upsample(scale_factor=tuple(table["factor"]), mode=mode)
        case _ if seeing:
            return nn.Identity()
        case "relu":
            return nn.ReLU()
        case "leaky-relu":
            return nn.LeakyReLU(table["slope"])
        case "sigmoid":
            return nn.Sigmoid()
        case "tanh":
            return nn.Tanh()
        case "threshold":
            return nn.Threshold(table["limit"], table["below"])
        case "normalize":
            layer = nn.BatchNorm2d(len(held["weight"]), eps=table["eps"])
            layer.load_state_dict({**held, "num_batches_tracked": torch.tensor(0)})
            return layer
        case other:
            raise AssertionError(other)


class _Spread(nn.Module):
    """Sums over the windows of a maximum, so that every pixel of them counts."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        table = self.table
        ones = torch.ones(x.shape[1], 1, *table["size"], dtype=x.dtype)
        padding, dilation = tuple(table["padding"]), tuple(table.get("dilation", (1, 1)))
        window = {"stride": tuple(table["stride"]), "padding": padding, "dilation": dilation}
        return nn.functional.conv2d(x, ones, groups=x.shape[1], **window)


def receptive_fields(tables: list[Table], arrays: Arrays, channels: int) -> list[list[int]]:
    """Measure how many rows and columns each layer's results depend on."""
    fields = []
    for count in range(1, len(tables) + 1):
        layers = network(tables[:count], arrays, seeing=True).double()
        x = torch.ones(1, channels, WIDE, WIDE, dtype=torch.float64, requires_grad=True)
        y = layers(x).sum(1)[0]
        seen = [0, 0]
        phases = [
            int(np.prod([t["factor"][axis] for t in tables[:count] if t["type"] == "upsample"]))
            for axis in (0, 1)
        ]
        for phase in range(max(phases)):
            at = [min(n - 1, n // 2 + phase) for n in y.shape]
            (gradient,) = torch.autograd.grad(y[at[0], at[1]], x, retain_graph=True)
            touched = gradient[0].sum(0) != 0
            for axis in (0, 1):
                lines = torch.nonzero(touched.any(1 - axis))
                seen[axis] = max(seen[axis], int(lines.max() - lines.min()) + 1)
        fields.append(seen)
    return fields


def measure(tables: list[Table], arrays: Arrays, x: np.ndarray) -> tuple[np.ndarray, Table]:
    """Return the result for C x H x W, and what is to be told of each layer."""
    layers = network(tables, arrays)
    shapes = []
    y = torch.from_numpy(x)[None]
    with torch.no_grad():
        for layer in layers:
            y = layer(y)
            shapes.append(list(y.shape[1:]))
    parameters = [sum(p.numel() for p in layer.parameters()) for layer in layers]
    fields = receptive_fields(tables, arrays, x.shape[0])
    return y[0].numpy(), {"shapes": shapes, "parameters": parameters, "fields": fields}


def main() -> None:
    rng = np.random.default_rng(20261124)
    stored: Arrays = {}
    cases = []
    for number in range(40):
        tables, arrays, shape = random_stack(rng)
        x = rng.standard_normal(shape).astype("f")
        y, told = measure(tables, arrays, x)
        stored |= {f"{number}.{name}": array for name, array in arrays.items()}
        stored |= {f"{number}.x": x, f"{number}.y": y}
        cases.append({"layers": tables, **told})
    where = Path(__file__).with_name("torch_stacks.npz")
    np.savez_compressed(where, cases=json.dumps({"torch": torch.__version__, "cases": cases}), **stored)
    print(where, where.stat().st_size)


if __name__ == "__main__":
    main()
