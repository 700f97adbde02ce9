"""docs/stacks.md says what stacks are made of; its commands are run by test_commands.py."""

import re
from pathlib import Path

import pytest

from convcli.stacks.build import TYPES
from convcli.stacks.fields import Fields
from convcli.stacks.stack import Scale, read_stack
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "stacks.md").read_text("utf-8")


@pytest.mark.parametrize("kind", TYPES)
def test_every_key_is_in_the_table(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []
    finish = Fields.finish

    def noting(keys: Fields) -> None:
        asked.extend(keys._known)
        finish(keys)

    monkeypatch.setattr(Fields, "finish", noting)
    needed = {"conv": "weights = [[[[1]]]]", "threshold": "limit = 0", "normalize": "std = 1"}
    needed["power"] = "exponent = 2"
    for text in (needed.get(kind, ""), "kernel = 'box'" if kind == "conv" else needed.get(kind, "")):
        (tmp_path / "s.toml").write_text(f"[[layer]]\ntype = '{kind}'\n{text}\n")
        read_stack(str(tmp_path / "s.toml"))
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |")]
    keys = row.split("|")[2]
    for key in set(asked) - {"type", "name", "scale", "gray", "layer"}:
        assert f"`{key}`" in keys, key
    written = set(re.findall(r"`([a-z_]+)`", re.sub(r"\([^)]*\)", "", keys)))
    assert written == set(asked) - {"type", "name", "scale", "gray", "layer"}


def test_every_scale_is_there() -> None:
    assert all(f'`"{scale}"`' in PAGE for scale in Scale)


def test_its_example_is_a_stack(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    import numpy as np
    from safetensors.numpy import save_file

    tensors = {"features.0.weight": np.ones((4, 1, 3, 3)), "features.0.bias": np.zeros(4)}
    save_file(tensors, tmp_path / "net.safetensors")
    (tmp_path / "s.toml").write_text(example)
    assert [layer.name for layer in read_stack(str(tmp_path / "s.toml")).layers] == [
        "edges",
        "conv2",
        "relu1",
        "pool1",
    ]
