"""SPEC: what each spelling means, and what is said about those that mean nothing."""

import io
import json
import os
import pathlib
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from convcli.errors import KernelError
from convcli.kernels import library
from convcli.kernels.spec import kernel

SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "spec",
    [
        "0 -1 0; -1 5 -1; 0 -1 0",
        "0,-1,0;-1,5,-1;0,-1,0",
        " 0, -1, 0 ;\n -1, 5, -1 ;\n 0, -1, 0 ; ",
        "0 -1 0\n-1 5 -1\n0 -1 0",
        "[0 -1 0; -1 5 -1; 0 -1 0]",
        "[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]",
        "0 −1 0; −1 +5. −1; 0 -1e0 .0",
        "0 -1 0; -1 10/2 -1; 0 -2/2 0  # a remark; 1 2",
        "sharpen",
        "SHARPEN",
        " sharpen ",
        '{"kernel": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]}',
    ],
)
def test_spellings_of_one_kernel(spec):
    assert_array_equal(kernel(spec).weights, SHARPEN)


def test_fractions_are_divisions():
    assert_array_equal(kernel("1/9 -1/3; 1e-3/2 .5/-.25").weights, [[1 / 9, -1 / 3], [0.0005, -2]])


@pytest.mark.parametrize("spec", ["5", "1/9", "-2", "1 2 3", "1;2"])
def test_small_matrices(spec):
    shapes = {"1 2 3": (1, 3), "1;2": (2, 1)}
    assert kernel(spec).weights.shape == shapes.get(spec, (1, 1))


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(FINITE, min_size=n, max_size=n), min_size=1, max_size=4)
    ),
    st.sampled_from([" ", ",", ", ", "  ", " , "]),
    st.sampled_from([";", "\n", " ; ", ";\n"]),
)
def test_any_matrix_reads_back(rows, gap, end):
    found = kernel(end.join(gap.join(map(repr, row)) for row in rows))
    assert_array_equal(found.weights, rows)
    assert_array_equal(np.signbit(found.weights), np.signbit(np.array(rows)))


@given(st.text(max_size=30).filter(lambda text: text != "-"))
def test_any_text_is_a_kernel_or_a_kernel_error(text):
    try:
        found = kernel(text)
    except KernelError as error:
        told = error
    else:
        assert all(np.isfinite(part).all() for part in found.components)
        return
    assert told.message.isprintable()
    assert told.hint


@pytest.mark.parametrize(
    ("spec", "name", "stem"),
    [
        ("Gaussian : SIGMA = 2.50 , size=9x9", "gaussian:sigma=2.5,size=9", "gaussian"),
        ("sobel_x", "sobel-x", "sobel-x"),
        ("gaussian:2,5x7", "gaussian:sigma=2,size=5x7", "gaussian"),
        ("gaussian:", "gaussian", "gaussian"),
        ("1 2; 3 4", "matrix", "matrix"),
    ],
)
def test_names_say_what_was_asked(spec, name, stem):
    found = kernel(spec)
    assert (found.name, found.stem) == (name, stem)


@pytest.mark.parametrize("name", library.names())
def test_names_read_back(name):
    assert kernel(kernel(name).name).name == name


def test_positions_and_names_mix():
    assert_array_equal(kernel("unsharp:2,amount=3").weights, kernel("unsharp:sigma=2,amount=3").weights)


def test_a_name_is_never_a_file_of_that_name(here):
    (here / "sobel").mkdir()
    (here / "box").write_text("1 2")
    assert kernel("sobel").name == "sobel"
    assert kernel("box").weights.shape == (3, 3)
    assert_array_equal(kernel("./box").weights, [[1, 2]])
    assert_array_equal(kernel(pathlib.Path("box")).weights, [[1, 2]])


def test_a_file_without_suffix_is_read_by_its_content(here):
    for name, content in {
        "a": "1 2; 3 4",
        "b 2": "[[1, 2], [3, 4]]",
        "c.dat": '{"kernel": [[1,2],[3,4]]}',
    }.items():
        (here / name).write_text(content)
        assert_array_equal(kernel(name).weights, [[1, 2], [3, 4]])


def test_a_suffix_wins_over_numbers(here):
    (here / "1 2.txt").write_text("7")
    assert_array_equal(kernel("1 2.txt").weights, [[7]])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_are_files():
    read, write = os.pipe()
    os.write(write, b"1 2; 3 4")
    os.close(write)
    try:
        assert_array_equal(kernel(f"/dev/fd/{read}").weights, [[1, 2], [3, 4]])
    finally:
        os.close(read)


def npy_bytes(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz_bytes(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"1 2\n3 4\n",
        b"\xef\xbb\xbf1,2\r\n3,4\r\n",
        "1 2\n3 4\n".encode("utf-16"),
        b"[[1, 2], [3, 4]]",
        b" [ [1, 2],\n [3, 4]]",
        b'{"kernel": [["1", "4/2"], [3, 4]], "loss": 0.1, "known": {"name": "x"}}',
        b"# mine\nkernel = [[1, 2], [3, 4]]\n",
        npy_bytes([[1, 2], [3, 4]]),
        npy_bytes(np.array([[1, 2], [3, 4]], ">f4")),
        npy_bytes(np.asfortranarray([[1.0, 2], [3, 4]])),
        npz_bytes(weights=np.array([[1, 2], [3, 4]])),
    ],
)
def test_standard_input_by_its_content(data):
    found = kernel("-", stdin=lambda: data)
    assert_array_equal(found.weights, [[1, 2], [3, 4]])
    assert found.name == "stdin"


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(b"1 2; 3 4")))
    assert_array_equal(kernel("-").weights, [[1, 2], [3, 4]])


def test_a_closed_standard_input_is_empty(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(KernelError, match="standard input is empty"):
        kernel("-")


def test_standard_input_is_left_alone_by_other_specs():
    def never() -> bytes:
        raise AssertionError("standard input was read")

    assert kernel("box", stdin=never).name == "box"


WRONG = [
    ("", "kernel '' is empty", "name, a matrix or a file"),
    (" \n", "is empty", "name, a matrix or a file"),
    (";", "is empty", "name"),
    ("sobl", "kernel 'sobl' is not known", "did you mean 'sobel'?"),
    ("Gausian:sigma=2", "kernel 'Gausian' is not known", "did you mean 'gaussian'?"),
    ("qqqq", "kernel 'qqqq' is not known", "'convcli kernels' lists them all"),
    ("3x3", "kernel '3x3' is not known", "lists them all"),
    ("1 2 3; 4 5", "kernel '1 2 3; 4 5': row 2 has 2 numbers, row 1 has 3", "as many numbers as the first"),
    ("1 2; 3 4; 5", "row 3 has 1 number, row 1 has 2", "as many"),
    ("1 2; 3 x", "'x' is not a number (row 2, column 2)", "1/9"),
    ("a b; c d", "'a' is not a number (row 1, column 1)", "1/9"),
    ("1 1_0", "'1_0' is not a number (row 1, column 2)", "1/9"),
    ("1 0x10", "'0x10' is not a number (row 1, column 2)", "1/9"),
    ("1 1/2/3", "'1/2/3' is not a number", "1/9"),
    ("1 2/0", "'2/0' divides by zero (row 1, column 2)", "1/9"),
    ("1,,2", "row 1, column 2 is empty", "0 for nothing"),
    ("1,2,", "row 1, column 3 is empty", "0 for nothing"),
    ("1 2; nan 4", "kernel '1 2; nan 4': nan at row 2, column 1", "finite"),
    ("1 -inf", "-inf at row 1, column 2", "finite"),
    ("1 1e999", "inf at row 1, column 2", "finite"),
    ("[[1, 2], [3]]", "row 2 has 1 number, the first has 2", "as many numbers"),
    ("[[1, 2], 3]", "row 2 is a number, the first is a list", "as many numbers"),
    ("[[1, 2], [3, [4]]]", "a list is not a number (row 2, column 2)", "nested evenly"),
    ('[[1, 2], [3, "x"]]', "'x' is not a number (row 2, column 2)", "nested"),
    ("[[1, 2], [3, true]]", "true is not a number (row 2, column 2)", "nested"),
    ("[[1, 2], [3, NaN]]", "nan at row 2, column 2", "finite"),
    ("[[1, 2], [3, 4]", "brackets or commas do not fit together", "[[0, 1], [2, 3]]"),
    ("[[[[[1]]]]]", "has 5 axes", "channels first"),
    ("[[]]", "kernel '[[]]' is empty", "a name"),
    ("{}", "has neither 'kernel' nor 'components'", "nested list"),
    ("sharpen:size=3", "sharpen has no parameter 'size'", "sharpen takes no parameters"),
    (
        "gaussian:sgma=2",
        "kernel 'gaussian:sgma=2': gaussian has no parameter 'sgma'",
        "did you mean 'sigma'? gaussian takes sigma, size, sigma-x, sigma-y",
    ),
    ("box:zzz=2", "box has no parameter 'zzz'", "box takes size"),
    ("box:3,4", "'4' is one parameter too many", "box takes size"),
    ("box:,", "box: parameter 1 is empty", "box takes size"),
    ("gaussian:sigma=2,sigma=3", "sigma is given twice", "once"),
    ("gabor:wavelength=4,lambda=5", "wavelength is given twice", "once"),
    ("gaussian:sigma=0", "gaussian: sigma '0' is out of range", "sigma is a number above 0, up to 1e+06"),
    ("gaussian:sigma=-1", "sigma '-1' is out of range", "above 0"),
    ("gaussian:sigma=nan", "sigma 'nan' is out of range", "above 0"),
    ("gaussian:sigma=", "sigma '' is not a number", "above 0"),
    ("gaussian:sigma=big", "sigma 'big' is not a number", "above 0"),
    ("unsharp:amount=-1", "amount '-1' is out of range", "amount is a number from 0 to 1e+06"),
    ("motion:angle=1e9", "angle '1e9' is out of range", "from -1e+06 to 1e+06"),
    ("gaussian:size=4", "size '4' is even", "size is an odd number N from 1 to 4095, or RxC"),
    ("gaussian:size=3x4", "size '3x4' is even", "an odd number"),
    ("gaussian:size=-3", "size '-3' is not a size", "an odd number"),
    ("gaussian:size=3x3x3", "size '3x3x3' is not a size", "an odd number"),
    ("box:size=0", "size '0' is out of range", "size is a whole number N from 1 to 4095"),
    ("box:size=4096", "size '4096' is out of range", "4095"),
    ("box:size=99999999999999999999", "is not a size", "4095"),
    ("sobel:size=1", "size '1' is out of range", "from 3 to 31"),
    ("gaussian:sigma=600", "this sigma needs 4801 x 4801 weights", "the largest kernel is 4095 x 4095"),
    ("dog:sigma=400", "this sigma needs 5121 x 5121 weights", "4095"),
    ("gabor:sigma=350", "this sigma needs 4201 x 2101 weights", "4095"),
    ("motion:length=5000", "length '5000' is out of range", "from 1 to 4093"),
    ("nowhere.npy", "no such kernel file: 'nowhere.npy'", "check"),
    ("nowhere/k", "no such kernel file: 'nowhere/k'", "check"),
    ("./sobel", "no such kernel file: './sobel'", "check"),
    ("my 3.JSON", "no such kernel file: 'my 3.JSON'", "check"),
    ("nowhere.npz:weight", "no such kernel file: 'nowhere.npz'", "check"),
    ("kernel.yaml", "no such kernel file: 'kernel.yaml'", "check"),
    ("k\nl.txt", "no such kernel file: 'k\\nl.txt'", "check"),
    ("k\x1b[31m.txt", "no such kernel file: 'k\\x1b[31m.txt'", "check"),
    ("k\udcff.txt", "no such kernel file: 'k\\udcff.txt'", "check"),
    ("k\0.txt", "kernel file 'k\\x00.txt' cannot be read", "check"),
]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("spec", "message", "hint"), WRONG)
def test_what_is_wrong_is_said(spec, message, hint):
    with pytest.raises(KernelError) as caught:
        kernel(spec)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.message.isprintable()
    assert caught.value.exit_status == 2


def test_long_specs_are_shortened():
    with pytest.raises(KernelError) as caught:
        kernel("; ".join(["1 2 3"] * 200) + "; 1 2")
    assert "row 201 has 2 numbers, row 1 has 3" in caught.value.message
    assert len(caught.value.message) < 150


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_empty_standard_input(data):
    with pytest.raises(KernelError, match="the kernel on standard input is empty"):
        kernel("-", stdin=lambda: data)


@pytest.mark.parametrize("side", [4096, 10000])
def test_a_picture_is_not_a_kernel(side):
    with pytest.raises(KernelError, match=rf"too large: 1 x {side}") as caught:
        kernel(json.dumps([[0] * side]))
    assert "4095 rows and columns" in caught.value.hint
