"""Our reader of .safetensors against the package that writes them."""

import json
import os
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import save_file

from convcli.errors import UsageError
from convcli.stacks.stack import read_stack
from convcli.stacks.weights import Weights

KINDS = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16"]


@pytest.mark.parametrize("kind", [*KINDS, "uint8", "bool"])
def test_every_type(tmp_path: Path, kind: str) -> None:
    values = np.random.default_rng(1).integers(0, 100, (3, 4, 5)).astype(kind)
    save_file(
        {"a": values, "b.c": values[0], "scalar": np.array(values[0, 0, 0])}, tmp_path / "w.safetensors"
    )
    weights = Weights(str(tmp_path))
    for name, expected in {"a": values, "b.c": values[0], "scalar": values[0, 0, 0]}.items():
        found = weights.array(f"w.safetensors:{name}", "it")
        assert found.dtype == kind
        assert_array_equal(found, expected)


def write(path: Path, header: Any, data: bytes) -> None:
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def test_bfloat16_is_exact(tmp_path: Path) -> None:
    values = np.array([1.0, -2.5, 3e38, 1e-38, 0.0], np.float32)
    upper = (values.view(np.uint32) >> 16).astype("<u2")
    header = {"x": {"dtype": "BF16", "shape": [5], "data_offsets": [0, 10]}, "__metadata__": {"format": "pt"}}
    write(tmp_path / "w.safetensors", header, upper.tobytes())
    expected = (upper.astype(np.uint32) << 16).view(np.float32)
    found = Weights(str(tmp_path)).array("w.safetensors", "it")
    assert found.dtype == np.float32
    assert_array_equal(found, expected)


BROKEN = {
    "empty": (b"", "a header of 0 bytes"),
    "a header that is too long": ((1 << 60).to_bytes(8, "little"), "is not possible"),
    "cut header": ((50).to_bytes(8, "little") + b"{", "cannot be read"),
    "not an object": ((2).to_bytes(8, "little") + b"[]", "not an object"),
    "a header longer than the file": (
        (1 << 20).to_bytes(8, "little") + b"{}",
        "1048576 bytes is not possible",
    ),
    "lists in lists": ((200_000).to_bytes(8, "little") + b"[" * 200_000, "nested too deeply"),
    "a name twice": (
        (79).to_bytes(8, "little") + b'{"x":1,' + b" " * 64 + b'"x":2}  ',
        "names 'x' twice",
    ),
}


@pytest.mark.parametrize(("content", "says"), BROKEN.values(), ids=BROKEN)
def test_broken_files(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(UsageError, match=says) as caught:
        Weights(str(tmp_path)).array("w.safetensors:x", "it")
    assert caught.value.hint


ENTRIES = {
    "cut data": ({"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}, "cut short"),
    "wrong size": ({"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}, "4 bytes are not"),
    "negative": ({"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}, "-4 bytes are not"),
    "before the data": ({"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}, "4 bytes are not"),
    "far beyond": ({"dtype": "U8", "shape": [1], "data_offsets": [1 << 60, (1 << 60) + 1]}, "cut short"),
    "a side that is not whole": ({"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}, "malformed"),
    "a side in quotes": ({"dtype": "F32", "shape": ["1"], "data_offsets": [0, 4]}, "malformed"),
    "one offset": ({"dtype": "F32", "shape": [1], "data_offsets": [0]}, "malformed"),
    "a list": ([], "malformed"),
    "unknown type": ({"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}, "type F8_E4M3"),
    "no type": ({"shape": [1], "data_offsets": [0, 4]}, "malformed"),
}


@pytest.mark.parametrize(("entry", "says"), ENTRIES.values(), ids=ENTRIES)
def test_broken_entries(tmp_path: Path, entry: dict[str, Any], says: str) -> None:
    write(tmp_path / "w.safetensors", {"x": entry}, b"\0\0\0\0")
    with pytest.raises(UsageError, match=says):
        Weights(str(tmp_path)).array("w.safetensors:x", "it")


def test_tensors_that_overlap_are_refused(tmp_path: Path) -> None:
    header = {
        name: {"dtype": "U8", "shape": [3], "data_offsets": [at, at + 3]} for name, at in (("a", 0), ("b", 2))
    }
    write(tmp_path / "w.safetensors", header, b"12345")
    with pytest.raises(UsageError, match="'a' and 'b' overlap"):
        Weights(str(tmp_path)).array("w.safetensors:a", "it")


def test_a_header_above_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(((1 << 24) + 1).to_bytes(8, "little"))
    os.truncate(path, 1 << 25)
    with pytest.raises(UsageError, match="is above the limit of 16777216 bytes"):
        Weights(str(tmp_path)).array("w.safetensors:a", "it")


def many(count: int) -> dict[str, Any]:
    """Headers of tensors of one weight each, one after the other."""
    return {
        f"w{n}": {"dtype": "F32", "shape": [1, 1, 1, 1], "data_offsets": [4 * n, 4 * n + 4]}
        for n in range(count)
    }


def test_a_header_of_many_tensors_is_read_once_for_a_stack(tmp_path: Path) -> None:
    count, layers = 60_000, 60
    write(tmp_path / "w.safetensors", many(count), np.arange(count, dtype="<f4").tobytes())
    layer = '[[layer]]\ntype = "conv"\nweights = "w.safetensors:w{}"\n'
    seconds = []
    for number in (1, layers):
        path = tmp_path / f"{number}.toml"
        path.write_text("gray = true\n" + "".join(layer.format(1000 * at) for at in range(number)))
        begin = time.process_time()
        stack = read_stack(str(path))
        seconds.append(time.process_time() - begin)
        assert len(stack.layers) == number
    assert seconds[1] < 2 * seconds[0] + 0.5
    begin = time.process_time()
    with pytest.raises(UsageError, match="no tensor"):
        Weights(str(tmp_path)).array(f"w.safetensors:{'w' * 5000}", "it")
    assert time.process_time() - begin < seconds[0] + 1


def test_each_overlap_of_a_file_is_found_whichever_tensor_is_read(tmp_path: Path) -> None:
    spans = {"a": (0, 2), "empty": (1, 1), "b": (4, 9), "c": (2, 4), "d": (8, 9)}
    header = {
        name: {"dtype": "U8", "shape": [end - at], "data_offsets": [at, end]}
        for name, (at, end) in spans.items()
    }
    write(tmp_path / "w.safetensors", header, bytes(9))
    with pytest.raises(UsageError, match="'b' and 'd' overlap"):
        Weights(str(tmp_path)).array("w.safetensors:a", "it")
    del header["d"]
    write(tmp_path / "w.safetensors", header, bytes(range(9)))
    assert Weights(str(tmp_path)).array("w.safetensors:b", "it").tolist() == [4, 5, 6, 7, 8]


def test_files_of_the_same_name_in_two_stacks_are_two(tmp_path: Path) -> None:
    """What is known of a file is forgotten with the stack that named it."""
    for value in (1.0, 2.0):
        save_file({"x": np.full(3, value)}, tmp_path / "w.safetensors")
        assert Weights(str(tmp_path)).array("w.safetensors:x", "it").tolist() == [value] * 3


def archive(path: Path, count: int, *, zip64: bool, wrong_count: bool = False) -> None:
    """An archive whose list alone is there, with its numbers in the end record or zip64's (APPNOTE 4.3)."""
    entry = b"PK\1\2" + bytes(24) + (5).to_bytes(2, "little") + bytes(16) + b"a.npy"
    listed = entry * count
    told = 1 if wrong_count else count
    numbers = [told, told, len(listed), 0]
    record = b"PK\6\6" + (44).to_bytes(8, "little") + bytes(12)
    record += b"".join(number.to_bytes(8, "little") for number in numbers)
    pointer = b"PK\6\7" + bytes(4) + len(listed).to_bytes(8, "little") + (1).to_bytes(4, "little")
    short = (
        b"\xff" * 12
        if zip64
        else b"".join(n.to_bytes(s, "little") for n, s in zip(numbers, (2, 2, 4, 4), strict=True))
    )
    path.write_bytes(listed + (record + pointer if zip64 else b"") + b"PK\5\6" + bytes(4) + short + b"\0\0")


@pytest.mark.parametrize(
    ("count", "zip64", "wrong_count"), [(300_000, True, False), (300_000, True, True), (50_000, False, False)]
)
def test_a_list_of_many_entries_is_refused_before_it_is_read(
    tmp_path: Path, count: int, zip64: bool, wrong_count: bool
) -> None:
    archive(tmp_path / "w.npz", count, zip64=zip64, wrong_count=wrong_count)
    tracemalloc.start()
    begin = time.process_time()
    with pytest.raises(
        UsageError, match=r"number of entries in an archive|its list of entries has"
    ) as caught:
        Weights(str(tmp_path)).array("w.npz:a", "it")
    assert time.process_time() - begin < 0.5
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()
    assert caught.value.hint


def test_an_archive_with_zip64s_record_is_read(tmp_path: Path) -> None:
    archive(tmp_path / "w.npz", 2, zip64=True)
    assert Weights(str(tmp_path)).names("w.npz:", "it")[1] == ["a", "a"]
