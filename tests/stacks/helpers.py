"""Stack files written from tables."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convcli.stacks.stack import Stack, read_stack


def toml(layers: Sequence[Mapping[str, Any]], **top: Any) -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in top.items()]
    for layer in layers:
        lines.append("[[layer]]")
        lines += [f"{key} = {json.dumps(_plain(value))}" for key, value in layer.items()]
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def stack_of(folder: Path, *layers: Mapping[str, Any], **top: Any) -> Stack:
    path = folder / "stack.toml"
    path.write_text(toml(layers, **top), "utf-8")
    return read_stack(str(path))
