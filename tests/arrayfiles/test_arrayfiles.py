import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.arrayfiles.read import (
    ArrayFileError,
    DamagedError,
    PickledError,
    array_names,
    read_array,
)
from convcli.arrayfiles.write import encode_array, encode_npz
from convcli.errors import ImageError
from convcli.imaging.image import Space
from convcli.imaging.reading.read import load_array, read_picture

ROWS = np.array([[3, 4, 6], [2, -1, 0.5]])


def npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


TEXTS = {
    "commas": b"3,4,6\n2,-1,0.5\n",
    "spaces after commas": b"3, 4, 6\n2, -1, 0.5",
    "tabs": b"3\t4\t6\n2\t-1\t0.5\n",
    "semicolons": b"3;4;6\n2;-1;0.5\n",
    "spaces": b"3 4  6\n2 -1 0.5\n",
    "windows": b"3,4,6\r\n2,-1,0.5\r\n",
    "old mac": b"3,4,6\r2,-1,0.5\r",
    "a heading": b"left,middle,right\n3,4,6\n2,-1,0.5\n",
    "comments and blank lines": b"# by hand\n\n3,4,6 # first\n\n2,-1,0.5\n",
    "quotes": b'"3","4","6"\n2,-1,0.5\n',
    "a byte order mark": b"\xef\xbb\xbf3,4,6\n2,-1,0.5\n",
    "utf-16": "3\t4\t6\n2\t-1\t0.5\n".encode("utf-16"),
    "exponents": b"3e0,.4e1,6.\n+2,-1,5E-1\n",
    "json": b"[[3, 4, 6], [2, -1, 0.5]]",
    "json over lines": b"\n[\n [3, 4, 6],\n [2, -1, 0.5]\n]\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_numbers_in_text_are_read_with_and_without_a_suffix(text, tmp_path):
    path = tmp_path / ("a.json" if text.strip().startswith(b"[") else "a.csv")
    path.write_bytes(text)
    for source in (path, text):
        whole = read_picture(source)
        assert whole.space is Space.DATA
        assert_array_equal(whole.frames[0].pixels, ROWS)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        (np.bool_, np.float32),
        (np.uint8, np.float32),
        (np.int8, np.float32),
        (np.uint16, np.float32),
        (np.int16, np.float32),
        (np.int32, np.float64),
        (np.uint32, np.float64),
        (np.int64, np.float64),
        (np.uint64, np.float64),
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.dtype(">f4"), np.float32),
        (np.dtype(">i2"), np.float32),
    ],
)
def test_arrays_become_floats_exactly(dtype, kept):
    array = np.array([[0, 1, 100], [1, 0, 7]]).astype(dtype)
    for order in "CF":
        frame = read_picture(npy(np.asarray(array, order=order))).frames[0]
        assert frame.pixels.dtype == kept
        assert frame.pixels.dtype.isnative
        assert frame.pixels.flags.c_contiguous
        assert_array_equal(frame.pixels, array.astype(np.float64))


def test_arrays_keep_their_own_type_when_asked():
    array = np.array([[1, 2]], dtype=np.int16)
    assert load_array(npy(array)).dtype == np.int16
    assert load_array(b"\x89PNG\r\n\x1a\n") is None


def test_three_axes_are_channels_and_a_single_one_is_dropped():
    assert read_picture(npy(np.zeros((4, 5, 7)))).frames[0].channels == 7
    assert read_picture(npy(np.zeros((4, 5, 1)))).frames[0].pixels.shape == (4, 5)
    assert read_picture(b"[[[1,2],[3,4]]]").frames[0].pixels.shape == (1, 2, 2)


def test_npz_of_one_array_and_by_name(tmp_path):
    path = tmp_path / "all.npz"
    path.write_bytes(npz(only=ROWS))
    assert_array_equal(read_picture(path).frames[0].pixels, ROWS)
    path.write_bytes(npz(first=ROWS, second=ROWS + 1))
    assert_array_equal(read_picture(f"{path}:second").frames[0].pixels, ROWS + 1)
    with pytest.raises(ImageError, match="holds 2 arrays: first, second"):
        read_picture(path)
    with pytest.raises(ImageError, match="holds no array 'secnd'") as caught:
        read_picture(f"{path}:secnd")
    assert "'second'" in caught.value.hint


def test_a_file_may_be_called_like_an_array_within_one(tmp_path):
    (tmp_path / "a.npz:b").write_bytes(npz(x=ROWS))
    assert_array_equal(read_picture(tmp_path / "a.npz:b").frames[0].pixels, ROWS)


REFUSED = {
    "complex": (npy(np.zeros((2, 2), complex)), "complex128"),
    "objects": (npy(np.array([[1, None]], dtype=object), allow_pickle=True), "Python objects"),
    "text": (npy(np.array([["a", "b"]])), "<U1"),
    "records": (npy(np.zeros((2, 2), dtype=[("a", "f4")])), "holds records"),
    "one axis": (npy(np.zeros(5)), r"1 axes \(5\)"),
    "no axis": (npy(np.float64(5)), "0 axes"),
    "four axes": (npy(np.zeros((1, 2, 3, 4))), r"4 axes \(1 x 2 x 3 x 4\)"),
    "nothing": (npy(np.zeros((0, 5))), r"is empty \(0 x 5\)"),
    "no channels": (npy(np.zeros((2, 5, 0))), r"is empty \(2 x 5 x 0\)"),
    "not a number": (
        npy(np.array([[1, np.nan]])),
        r"1 value that is not finite; the first, nan, is at \[0, 1\]",
    ),
    "infinite": (npy(np.array([[1], [-np.inf]])), r"-inf, is at \[1, 0\]"),
    "cut short": (npy(ROWS)[:-8], "cannot be read as NPY"),
    "no arrays": (npz(), "is not|holds no arrays|cannot be read"),
    "json object": (b"{}", "not a picture|holds dict"),
    "json ragged": (b"[[1, 2], [3]]", r"is ragged: \[1\] has 1 values, \[0\] has 2 values"),
    "json ragged deeper": (
        b"[[[1], [2]], [[1], [2, 3]]]",
        r"\[1\]\[1\] has 2 values, \[1\]\[0\] has 1",
    ),
    "json mixed": (b"[[1, 2], 3]", r"\[1\] has one number, not a list"),
    "json text": (b'[[1, "2"]]', r"\[0\]\[1\] is '2', not a number"),
    "json null": (b"[[1, null]]", "None, not a number"),
    "json nan": (b"[[1, NaN]]", "holds NaN"),
    "json deep": (b"[" * 100_000, "cannot be read as JSON"),
    "json cut": (b"[[1, 2], [3, ", "cannot be read as JSON"),
    "json flat": (b"[1, 2]", r"1 axes"),
    "json huge": (b"[[1" + b"0" * 400 + b"]]", "holds a number beyond 1.8e308"),
    "csv ragged": (b"1,2\n3\n", "is ragged: line 2 has 1 values, line 1 has 2"),
    "csv ragged after a heading": (b"a,b\n\n1,2\n3,4,5\n", "line 4 has 3 values, line 3 has 2"),
    "csv word": (b"1,2\n3,x\n", "line 2, value 2: 'x' is not a number"),
    "csv gap": (b"1,2\n3,\n", "line 2, value 2: it is empty"),
    "csv decimal commas": (b"1,5;2,5\n3,5;4,5\n", "'1,5' is not a number"),
    "csv nan": (b"1,nan\n", "not finite"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_a_picture_of_numbers_is_refused_with_its_place(content, message):
    with pytest.raises(ImageError, match=message) as caught:
        read_picture(content, name="numbers")
    assert "numbers" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"# nothing\n", b"a,b,c\n", b"\n\n", b"\xff\xfe\xff"])
def test_a_csv_without_numbers(content, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ImageError):
        read_picture(path)


def test_decimal_commas_get_a_hint():
    with pytest.raises(ImageError) as caught:
        read_picture(b"1,5;2,5\n3,5;4,5\n")
    assert "point" in caught.value.hint


def test_a_frame_of_an_array():
    assert read_picture(npy(ROWS), frame=0).frames[0].size == (2, 3)
    with pytest.raises(ImageError, match="has no frame 1"):
        read_picture(npy(ROWS), frame=1)


def test_pickles_are_never_loaded():
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was loaded",))

    content = npy(np.array([[Bomb()]], dtype=object), allow_pickle=True)
    with pytest.raises(ImageError, match="Python objects"):
        read_picture(content)


@pytest.mark.parametrize("kind", ["npy", "npz", "csv", "tsv", "json"])
def test_what_is_written_reads_back(kind):
    data = encode_array(ROWS, kind)
    assert_array_equal(read_array(io.BytesIO(data), kind, "image" if kind == "npz" else ""), ROWS)


def test_arrays_of_an_archive_by_name():
    file = io.BytesIO(encode_npz({"first": ROWS, "a/b": ROWS[0]}))
    assert array_names(file, "npz") == ["first", "a/b"]
    assert_array_equal(read_array(file, "npz", "a/b"), ROWS[0])


@pytest.mark.parametrize(
    ("kind", "content", "error", "message"),
    [
        ("npy", npy(ROWS)[:-8], DamagedError, "says 48 bytes, and 40 follow"),
        ("npy", npy(np.array([None]), allow_pickle=True), PickledError, "Python objects"),
        ("npz", b"PK\x03\x04", DamagedError, "not a zip file"),
        ("npz", npz(a=ROWS), DamagedError, "has no array 'missing'"),
        ("csv", b"1,2\n3\n", ArrayFileError, "^ is ragged: line 2"),
        ("json", b"[[1, null]]", ArrayFileError, r"^: \[0\]\[1\] is None"),
    ],
)
def test_errors_name_no_file(kind, content, error, message):
    with pytest.raises(error, match=message) as caught:
        read_array(io.BytesIO(content), kind, "missing")
    assert type(caught.value) is error
