"""Kernel files: what is written reads back exactly; what is broken is said."""

import errno
import io
import json
import os
import pathlib
import pickle
import sys
import tomllib
import zipfile

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from convcli.choices import Combine
from convcli.errors import KernelError, OutputError
from convcli.kernels.files import read
from convcli.kernels.files.write import encode_kernel
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from tests.failing import failing

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def arrays(axes: int):
    return hnp.arrays(np.float64, hnp.array_shapes(min_dims=axes, max_dims=axes, max_side=4), elements=FINITE)


@st.composite
def kernels(draw):
    parts = draw(st.lists(arrays(2) | arrays(3), min_size=1, max_size=3))
    combine = draw(st.sampled_from(Combine)) if len(parts) > 1 else Combine.NONE
    bias = draw(st.lists(FINITE, min_size=len(parts), max_size=len(parts)))
    name = draw(st.text(min_size=1, max_size=12))
    return Kernel(name, tuple(parts), combine, tuple(bias), draw(st.text(max_size=12)))


def same(found: Kernel, wanted: Kernel) -> None:
    assert len(found.components) == len(wanted.components)
    for part, other in zip(found.components, wanted.components, strict=True):
        assert part.dtype == other.dtype == np.float64
        assert_array_equal(part, other)
        assert_array_equal(np.signbit(part), np.signbit(other))
    assert found.combine is wanted.combine
    assert found.bias == wanted.bias


def decoded(data: bytes, suffix: str) -> Kernel:
    return read.decode_kernel(data, "it", "unnamed", suffix)


@pytest.mark.parametrize("suffix", [".json", ".toml", ".npz", ".JSON"])
@settings(max_examples=25)
@given(kernels())
def test_whole_kernels_read_back(suffix, wanted):
    data = encode_kernel(wanted, suffix)
    found = decoded(data, suffix.lower())
    same(found, wanted)
    assert (found.name, found.source) == (wanted.name, wanted.source)
    same(kernel("-", stdin=lambda: data), wanted)
    assert encode_kernel(wanted, suffix) == data


@pytest.mark.parametrize("suffix", read.SUFFIXES)
@settings(max_examples=25)
@given(array=arrays(2))
def test_matrices_read_back(suffix, array):
    wanted = Kernel("k", (array,))
    same(decoded(encode_kernel(wanted, suffix), suffix), wanted)
    same(read.decode_kernel(encode_kernel(wanted, suffix), "it", "k"), wanted)  # by content alone


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".json", ".toml"])
@settings(max_examples=25)
@given(array=arrays(3) | arrays(4))
def test_channels_and_maps_read_back(suffix, array):
    wanted = Kernel.of(array, name="k")
    same(decoded(encode_kernel(wanted, suffix), suffix), wanted)


@pytest.mark.parametrize("suffix", [".json", ".toml", ".npz"])
@pytest.mark.parametrize("spec", ["sobel", "kirsch", "roberts", "gaussian:sigma=2"])
def test_named_kernels_read_back(tmp_path, spec, suffix):
    path = tmp_path / f"k{suffix}"
    path.write_bytes(encode_kernel(kernel(spec), suffix))
    found = kernel(str(path))
    same(found, kernel(spec))
    assert (found.name, found.source) == (spec, kernel(spec).source)


def test_other_tools_read_what_is_written():
    box = kernel("1/9 0.1 -0; 1e300 2 3")
    assert json.loads(encode_kernel(box, ".json"))["kernel"] == box.weights.tolist()
    assert tomllib.loads(encode_kernel(box, ".toml").decode())["kernel"] == box.weights.tolist()
    assert_array_equal(np.load(io.BytesIO(encode_kernel(box, ".npy"))), box.weights)
    assert_array_equal(np.load(io.BytesIO(encode_kernel(box, ".npz")))["kernel"], box.weights)
    assert_array_equal(np.loadtxt(io.BytesIO(encode_kernel(box, ".csv")), delimiter=","), box.weights)
    assert_array_equal(np.loadtxt(io.BytesIO(encode_kernel(box, ".tsv")), delimiter="\t"), box.weights)
    assert_array_equal(np.loadtxt(io.BytesIO(encode_kernel(box, ".txt"))), box.weights)


def test_text_is_made_for_people():
    assert encode_kernel(kernel("sobel-x"), ".csv") == b"-1,0,1\n-2,0,2\n-1,0,1\n"
    assert encode_kernel(Kernel.of([[1, 0.5], [-2, 1 / 3]], name="k"), ".json").decode() == (
        '{\n  "name": "k",\n  "kernel": [\n    [1, 0.5],\n    [-2, 0.3333333333333333]\n  ]\n}\n'
    )


SEVERAL = Kernel("two", (np.ones((2, 2)), np.ones((2, 2))), Combine.MAX)


@pytest.mark.parametrize(
    ("wanted", "suffix", "message", "hint"),
    [
        (SEVERAL, ".csv", ".csv cannot hold 2 components of kernel 'two'", "use .npz .json or .toml"),
        (SEVERAL, ".npy", ".npy cannot hold 2 components of kernel 'two'", "use .npz .json or .toml"),
        (kernel("sobel"), ".txt", ".txt cannot hold 2 components of kernel 'sobel'", ".json"),
        (
            Kernel.of(np.ones((3, 2, 2)), name="c"),
            ".tsv",
            ".tsv cannot hold 3 channels of kernel 'c'",
            ".npy",
        ),
        (Kernel.of(np.ones((2, 3, 2, 2)), name="c"), ".csv", ".csv cannot hold 2 components", ".json"),
        (Kernel.of([[1.0]], name="b", bias=[2]), ".npy", ".npy cannot hold a bias of kernel 'b'", ".json"),
        (kernel("box"), ".jsn", "kernel format '.jsn' is not known", "did you mean '.json'?"),
        (kernel("box"), "", "kernel format '' is not known", "choose from: .npy, .npz, .json"),
    ],
)
def test_formats_that_cannot_hold_a_kernel(wanted, suffix, message, hint):
    with pytest.raises(OutputError) as caught:
        encode_kernel(wanted, suffix)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="Windows forbids most of these names")
@pytest.mark.parametrize(
    "name", ["a b.json", "n\nl.json", "ü.json", "-.json", "[red].json", "x.npz:y.json", "'.JSON"]
)
def test_files_of_any_name(tmp_path, name):
    path = tmp_path / name
    path.write_text("[[1, 2]]")
    found = kernel(str(path))
    assert_array_equal(found.weights, [[1, 2]])
    assert found.source == str(path)
    path.write_text("[[1, 2], [3]]")
    with pytest.raises(KernelError) as caught:
        kernel(str(path))
    assert repr(name)[1:-1] in caught.value.message
    assert caught.value.message.isprintable()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems want names in Unicode")
def test_files_whose_names_are_not_text(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff\xfe.csv"
    pathlib.Path(os.fsdecode(name)).write_text("1,2")
    found = kernel(os.fsdecode(name))
    assert_array_equal(found.weights, [[1, 2]])
    assert found.stem.isascii()
    for suffix in (".json", ".toml", ".npz"):
        same(decoded(encode_kernel(found, suffix), suffix), found)


def npy(array, **how) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), **how)
    return buffer.getvalue()


def npz(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def header(shape: str) -> bytes:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("name", "data", "rows"),
    [
        ("k.csv", "# made by hand\n1, 2\n\n3, 4 # the end\n", [[1, 2], [3, 4]]),
        ("k.csv", "1;2\n3;4\n", [[1, 2], [3, 4]]),
        ("k.csv", "1 2\n3 4", [[1, 2], [3, 4]]),
        ("k.tsv", "1\t2\r\n1/2\t4\r\n", [[1, 2], [0.5, 4]]),
        ("k.txt", "1 2; 3 4\n5 6", [[1, 2], [3, 4], [5, 6]]),
        ("k.txt", "1\t2\n3\t4", [[1, 2], [3, 4]]),
        ("k.toml", 'kernel = [\n  [1, "1/2"], # remark\n  [3, 4],\n]\nlayers = 3', [[1, 0.5], [3, 4]]),
        ("k.toml", "kernel = [[1, 2]]\r\n", [[1, 2]]),
        ("k.npy", npy([[True, False]]), [[1, 0]]),
        ("k.npy", npy(np.array([[1, 2]], np.uint8)), [[1, 2]]),
        ("k.npy", npy(np.array([1, 2.5])), [[1, 2.5]]),
        ("k.json", b"[1, 2]", [[1, 2]]),
        ("k.toml", b"kernel = [1, 2]", [[1, 2]]),
        ("k.npy", npy(np.array([[0.1, 2]], np.float16)), [[float(np.float16(0.1)), 2]]),
        ("k.npz", npz(only=np.eye(2)), np.eye(2)),
        ("k.npz:b", npz(a=np.eye(2), b=np.ones((2, 2))), np.ones((2, 2))),
        ("k.NPZ:layer.0.weight", npz(**{"layer.0.weight": np.eye(3), "layer.0.bias": np.ones(1)}), np.eye(3)),
        ("k.npz:a/b", npz(**{"a/b": np.eye(2), "c": np.eye(1)}), np.eye(2)),
        ("k.npz", npz(kernel=np.eye(2), loss=np.array([object()], dtype=object)), np.eye(2)),
    ],
)
def test_what_files_hold(tmp_path, monkeypatch, name, data, rows):
    monkeypatch.chdir(tmp_path)
    pathlib.Path(name.partition(":")[0]).write_bytes(data.encode() if isinstance(data, str) else data)
    assert_array_equal(kernel(name).weights, rows)


@pytest.mark.parametrize(
    ("text", "components", "combine", "bias"),
    [
        ('{"kernel": [[1, 2]], "bias": 3}', [(1, 2)], "none", (3,)),
        ('{"kernel": [[1, 2]], "bias": [3], "combine": "none", "name": "n"}', [(1, 2)], "none", (3,)),
        ('{"kernel": [[1]], "bias": null, "name": null}', [(1, 1)], "none", (0,)),
        ('{"kernel": [[[[1]]], [[[2]]]], "bias": [3, "1/4"]}', [(1, 1, 1)] * 2, "none", (3, 0.25)),
        ('{"components": [[[1]], [[2, 3]]], "combine": "MAX"}', [(1, 1), (1, 2)], "max", (0, 0)),
        ('{"components": [[[1]]]}', [(1, 1)], "none", (0,)),
    ],
)
def test_objects(text, components, combine, bias):
    found = decoded(text.encode(), ".json")
    assert [part.shape for part in found.components] == components
    assert (found.combine.value, found.bias) == (combine, bias)


def test_objects_name_their_kernel():
    assert decoded(b'{"name": "mine", "source": "me", "kernel": [[1]]}', ".json").name == "mine"
    assert decoded(b'{"kernel": [[1]]}', ".json").name == "unnamed"


PICKLED = npy(np.array([[object()]], dtype=object), allow_pickle=True)
BROKEN = [
    ("k.json", b"", "is empty", "JSON"),
    ("k.json", b"[[1, 2]", "is not JSON: Expecting", '{"kernel"'),
    ("k.json", b"5", "is a single number", "2 axes"),
    ("k.json", b"null", "null is not a number", "nested"),
    ("k.json", b"[]", "is empty", "at least one"),
    ("k.json", b"[[], []]", "is empty: its size is 2 x 0", "at least one"),
    ("k.json", b"[" * 5000, "is not JSON", "{"),
    ("k.json", b"[" * 60 + b"1" + b"]" * 60, "has 60 axes", "2 axes"),
    ("k.json", b"[[1" + b"0" * 400 + b"]]", "too large", "write numbers"),
    ("k.json", b"[[1], [{}]]", "an object is not a number (row 2, column 1)", "nested"),
    ("k.json", b"[[[1, 2]], [[3]]]", "channel 2, row 1 has 1 number, the first has 2", "as many"),
    ("k.json", b"[[[1], [2]], [[3]]]", "channel 2 has 1 list, the first has 2", "as many"),
    ("k.json", b"[[[1]], [[Infinity]]]", "inf at channel 2, row 1, column 1", "finite"),
    ("k.json", b'{"weights": [[1]]}', "has neither 'kernel' nor 'components'", "nested list"),
    ("k.json", b'{"kernel": [[1]], "components": []}', "has both 'kernel' and 'components'", "nested"),
    ("k.json", b'{"kernel": "sobel"}', "'sobel' is not a number", "nested"),
    ("k.json", b'{"components": []}', "'components' is not a list", "list of nested"),
    ("k.json", b'{"components": [[[1]], 1]}', "component 2 is a single number", "2 axes"),
    ("k.json", b'{"components": [[[[[1]]]]]}', "component 1 has 4 axes", "2 axes"),
    ("k.json", b'{"kernel": [[1]], "bias": [1, 2]}', "has 2 biases for 1 components", "one bias"),
    ("k.json", b'{"kernel": [[1]], "bias": [[1]]}', "'bias' is not a list of numbers", "per map"),
    ("k.json", b'{"kernel": [[1]], "bias": NaN}', "bias (nan,) is not finite", "finite"),
    ("k.json", b'{"kernel": [[1]], "bias": "x"}', "'x' is not a number", "numbers"),
    ("k.json", b'{"kernel": [[1]], "combine": "max"}', "nothing to combine by max", "leave combine out"),
    ("k.json", b'{"components": [[[1]], [[1]]], "combine": "mx"}', "combination 'mx' is not known", "'max'"),
    ("k.json", b'{"kernel": [[1]], "name": 3}', "'name' is a number, not a text", "quotes"),
    ("k.json", b"\xff[[1]]", "is not text: byte 1 is 0xff", ".npy .npz .json"),
    ("k.toml", b"kernel = [[1, 2]", "is not TOML", "kernel = "),
    ("k.toml", b"kernel = [[1, nan]]", "nan at row 1, column 2", "finite"),
    ("k.toml", b"kernel = [[1, 2026-01-01]]", "a date is not a number (row 1, column 2)", "nested"),
    ("k.csv", b"a,b\n1,2", "'a' is not a number (row 1, column 1)", "numbers"),
    ("k.csv", b"1,2\n3", "row 2 has 1 number, row 1 has 2", "as many"),
    ("k.csv", b"0,5;1\n1;2", "has both ';' and ','", "decimal points"),
    ("k.csv", b"1,,2", "row 1, column 2 is empty", "0 for nothing"),
    ("k.tsv", b"1\t\t2", "row 1, column 2 is empty", "0 for nothing"),
    ("k.txt", b"# nothing\n", "is empty", "rows of numbers"),
    ("k.txt", b"\x89PNG\r\n\x1a\n", "is not text: byte 1 is 0x89", ".npy .npz"),
    ("k.npy", b"1 2; 3 4", "is not a whole .npy file", "save it again"),
    ("k.npy", npy(np.eye(3))[:-1], "is not a whole .npy file", "save it again"),
    ("k.npy", npy(np.eye(3))[:20], "is not a whole .npy file", "save it again"),
    ("k.npy", header("(99999999999,)"), "is not a whole .npy file", "save it again"),
    ("k.npy", header("(-1, 3)") + b"0" * 80, "is not a whole .npy file", "save it again"),
    ("k.npy", header("(9**9**9,)"), "is not a whole .npy file", "save it again"),
    ("k.npy", PICKLED, "holds pickled objects, which can run code", "float64"),
    ("k.npy", pickle.dumps([[1]]), "is not a whole .npy file", "save it again"),
    ("k.npy", npy(3.0), "is a single number", "2 axes"),
    ("k.npy", npy(np.ones((1, 1, 1, 1, 1))), "has 5 axes", "2 axes"),
    ("k.npy", npy(np.ones((0, 3))), "is empty: its size is 0 x 3", "at least one"),
    ("k.npy", npy([[1j]]), "holds complex numbers", "float64"),
    ("k.npy", npy([["x"]]), "holds str32, not real numbers", "float64"),
    ("k.npy", npy(np.zeros((1, 1), [("a", "f4")])), "holds records", "float64"),
    ("k.npy", npy([[1, np.nan]]), "nan at row 1, column 2", "finite"),
    (
        "k.npy",
        npy(np.full((2, 1, 1, 1), [[[[1]]], [[[-np.inf]]]])),
        "-inf at map 2, channel 1, row 1",
        "finite",
    ),
    ("k.npz", b"PK\x03\x04", "is not a whole .npz file", "save it again"),
    ("k.npz", npz(a=np.eye(9))[:-30], "is not a whole .npz file", "save it again"),
    ("k.npz", npz(a=np.eye(2), b=np.eye(2)), "holds several arrays: 'a', 'b'", "file.npz:name"),
    ("k.npz", zipped(), "holds several arrays: none", "file.npz:name"),
    ("k.npz", zipped(x=b"text"), "holds several arrays: none", "file.npz:name"),
    ("k.npz", zipped(**{"x.npy": b"text"}), "array 'x' is not a whole .npy file", "save it again"),
    ("k.npz", zipped(**{"x.npy": PICKLED}), "array 'x' holds pickled objects", "float64"),
    ("k.npz:c", npz(aa=np.eye(2), cc=np.eye(2)), "array of kernel file 'k.npz' 'c' is not known", "aa, cc"),
    ("k.npz", npz(kernel=np.eye(2), combine=np.array(3)), "'combine' is an array, not a text", "quotes"),
]


@pytest.mark.parametrize(("name", "data", "message", "hint"), BROKEN)
def test_what_is_broken_is_said(tmp_path, monkeypatch, name, data, message, hint):
    monkeypatch.chdir(tmp_path)
    file = name.partition(":")[0]
    pathlib.Path(file).write_bytes(data)
    with pytest.raises(KernelError) as caught:
        kernel(name)
    assert message in caught.value.message
    assert repr(file) in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.message.isprintable()


def test_a_directory_is_not_a_kernel(tmp_path):
    (tmp_path / "d.json").mkdir()
    with pytest.raises(KernelError, match=r"d\.json' is a directory"):
        kernel(str(tmp_path / "d.json"))


def test_an_unreadable_file(tmp_path, monkeypatch):
    path = tmp_path / "k.json"
    path.write_text("[[1]]")

    # root, who runs this in containers, may read everything
    monkeypatch.setattr(read, "open", failing(errno.EACCES, str(path)), raising=False)
    with pytest.raises(KernelError, match="cannot be read: Permission denied"):
        kernel(str(path))


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "MAX_BYTES", 10)
    (tmp_path / "k.txt").write_text("1 2 3 4 5 6")
    with pytest.raises(KernelError, match="is larger than 10 bytes"):
        kernel(str(tmp_path / "k.txt"))


def test_an_archive_that_unpacks_too_large(tmp_path, monkeypatch):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.zeros((100, 100)))
    monkeypatch.setattr(read, "MAX_BYTES", 10_000)
    (tmp_path / "k.npz").write_bytes(buffer.getvalue())
    with pytest.raises(KernelError, match="unpacks to more than 10000 bytes"):
        kernel(str(tmp_path / "k.npz"))


SEEDS = [npy(np.eye(2)), npz(kernel=np.eye(2), bias=np.ones(1)), encode_kernel(kernel("sobel"), ".json"),
         encode_kernel(kernel("sobel"), ".toml"), b"1 2;3 4"]  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")  # NumPy and zipfile warn of headers that are odd
@settings(max_examples=400)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4),
    st.data(),
)
def test_damaged_files_are_kernels_or_kernel_errors(seed, changes, data):
    damaged = bytearray(seed[: data.draw(st.integers(0, len(seed)))])
    assume(damaged)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    suffix = data.draw(st.sampled_from(("", *read.SUFFIXES)))
    try:
        found = read.decode_kernel(bytes(damaged), "it", "k", suffix)
    except KernelError as error:
        told = error
    else:
        assert all(np.isfinite(part).all() and part.size for part in found.components)
        return
    assert told.message.startswith("it")
    assert told.hint


def test_a_name_in_toml_has_no_character_that_terminals_obey() -> None:
    name = '\x1b[31m\x9b\x7f\r\b\u202e\u2028 "red" \\ [red] \U000e0001é'
    written = encode_kernel(Kernel.of(np.ones((1, 2)), name=name), ".toml").decode()
    assert written.replace("\n", "").isprintable()
    assert tomllib.loads(written)["name"] == name
    assert "[red]" in written
    assert "é" in written
