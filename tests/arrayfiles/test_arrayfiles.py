import csv
import io
import json
import time
import tracemalloc
import zipfile

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
from convcli.imaging.api import write_image
from convcli.imaging.image import Space
from convcli.imaging.reading.read import read_first, read_picture

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
        (np.dtype(">f8"), np.float64),
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
    assert read_first(npy(array)).dtype == np.int16
    with pytest.raises(ImageError, match="damaged"):  # it is taken for a picture, not for numbers
        read_first(b"\x89PNG\r\n\x1a\n")


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


def header(text, body=b"", version=1, length=None):
    """The bytes of a .npy file with this header."""
    size = len(text) if length is None else length
    return (
        b"\x93NUMPY" + bytes([version, 0]) + size.to_bytes(2 if version == 1 else 4, "little") + text + body
    )


def described(descr, shape, order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()


FOUR = np.arange(4.0).tobytes()
HEADERS = {
    "NumPy's own": header(described("'<f8'", "(2, 2)"), FOUR),
    "version 2": header(described("'<f8'", "(2, 2)"), FOUR, version=2),
    "version 3": header(described("'<f8'", "(2, 2)"), FOUR, version=3),
    "of Python 2": header(described("'<f8'", "(2L, 2L)"), FOUR),
    "other quotes, order and spaces": header(
        b'{ "shape":(2,2),"fortran_order":False , "descr":"<f8"}  \n', FOUR
    ),
    "big-endian": header(
        described("'>i4'", "(2, 2)"), bytes([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3])
    ),
    "column by column": header(described("'|u1'", "(2, 2)", "True"), bytes([0, 2, 1, 3])),
}


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS)
def test_headers_of_npy(content):
    assert_array_equal(read_picture(content).frames[0].pixels, [[0, 1], [2, 3]])
    assert read_array(io.BytesIO(content), "npy").flags.writeable


def zipped(method=zipfile.ZIP_STORED, **entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def bomb(shape):
    """An .npz of zeros, a thousandth of what it unpacks to."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as entry:
        entry.write(header(described("'<f8'", str(shape))))
        for _ in range(8 * int(np.prod(shape)) >> 20):
            entry.write(bytes(1 << 20))
    return buffer.getvalue()


def patched(content, signature, at, value):
    """`content` with other bytes at an offset from the last place of `signature`."""
    start = content.rindex(signature) + at
    return content[:start] + value + content[start + len(value) :]


def twice():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", npy(ROWS))
        archive.writestr("b.npy", npy(ROWS + 1))
    return buffer.getvalue().replace(b"b.npy", b"a.npy")


ONE = zipped(**{"a.npy": npy(ROWS)})
IN_DIRECTORY = b"PK\1\2"
HOSTILE = {
    "header cut": (header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4"), "header"),
    "header of brackets": (header(b"(" * 60_000), "header"),
    "header of spaces": (header(b"{" + b" " * 60_000), "header"),
    "an escape in the header": (header(described(r"'\d8'", "(2, 2)")), "values of type"),
    "a line end in the header": (
        header(b"{'descr': '<f8\n', 'fortran_order': False, 'shape': (2, 2)}"),
        r"'<f8\\n'",
    ),
    "an old name of a type": (header(described("'|a5'", "(2, 2)")), "values of type"),
    "arrays within": (header(described("'(9999999,)f8'", "(2, 2)")), "values of type"),
    "a header longer than the file": (header(described("'<f8'", "(2, 2)"), length=60_000), "60000 bytes"),
    "a header of 4 GB": (header(described("'<f8'", "(2, 2)"), version=2, length=2**32 - 1), "4294967295"),
    "version 9": (header(described("'<f8'", "(2, 2)"), version=9), "version 9"),
    "a million squared": (header(described("'<f8'", "(1000000, 1000000)")), "more than the limit"),
    "a trillion values": (header(described("'<f8'", "(1000, 1000, 1000000)")), "and 0 follow"),
    "5000 digits": (header(described("'<f8'", "(" + "9" * 5000 + ", 4)")), "says the shape"),
    "negative sides": (header(described("'<f8'", "(-3, 4)")), "header"),
    "no sides at all": (header(described("'<f8'", "(0, 1000000000000)")), "is empty"),
    "long doubles": (npy(np.ones((2, 2), np.longdouble)), "values of type"),
    "dates": (npy(np.array([["2020-01-01"]], "M8[D]")), "values of type"),
    "objects in records": (npy(np.zeros((2, 2), [("a", "O")]), allow_pickle=True), "Python objects"),
    "an array that unpacks to 200 MB": (bomb((5000, 5000)), "limit of 134217728 bytes"),
    "an array within the limit of pixels": (bomb((256, 256, 300)), "limit of 134217728 bytes"),
    "less than its header says": (
        zipped(**{"a.npy": header(described("'<f8'", "(9, 9)"))}),
        "says 648 bytes, and 0 follow",
    ),
    "twice the same name": (twice(), "holds 2 arrays"),
    "encrypted": (patched(ONE, IN_DIRECTORY, 8, b"\1"), "is encrypted"),
    "packed by LZMA": (zipped(zipfile.ZIP_LZMA, **{"a.npy": npy(ROWS)}), "packed by method 14"),
    "a size that is too small": (patched(ONE, IN_DIRECTORY, 24, b"\x40\0\0\0"), "cannot be read as NPZ"),
    "bits that changed": (patched(ONE, ROWS.tobytes(), 3, b"\7"), "CRC"),
    "an archive within": (zipped(**{"a.npz": ONE}), "holds no arrays"),
    "an archive called an array": (zipped(**{"a.npy": ONE}), "does not begin"),
    "11,000 entries": (zipped(**{f"{n}.npy": b"" for n in range(11_000)}), "11000 is above the limit"),
    "a list of 256 MB": (patched(ONE, b"PK\5\6", 12, b"\0\0\0\x10"), "list of entries has 268435456 bytes"),
    "json of 900 lists": (b"[" * 900 + b"1" + b"]" * 900, "limit of 8"),
    "json 1e400": (b"[[1, 1e400]]", r"not finite; the first, inf, is at \[0, 1\]"),
    "json of 5000 digits": (b"[[" + b"9" * 5000 + b"]]", "too many digits"),
    "json of a long word": (b'[["' + b"x" * 100_000 + b'"]]', r"\[0\]\[0\] is 'xxxx"),
    "json 2**53 + 1": (b"[[1, 2], [3, 9007199254740993]]", r"9007199254740993, is at \[1, 1\]"),
    "json 2**53 + 1 among floats": (b"[[0.5, 9007199254740993]]", r"9007199254740993, is at \[0, 1\]"),
    "json 2**64 - 1 and -1": (b"[[-1, 18446744073709551615]]", r"18446744073709551615, is at \[0, 1\]"),
    "json of 30 digits": (b"[[" + b"1" * 30 + b"]]", r"1{30}, is at \[0, 0\]"),
    "int64": (npy(np.array([[5, -(2**53) - 1]])), r"-9007199254740993, is at \[0, 1\]"),
    "the largest int64": (npy(np.array([[2**63 - 1]])), "9223372036854775807"),
    "the largest uint64": (
        npy(np.array([[1], [2**64 - 1]], np.uint64)),
        r"18446744073709551615, is at \[1, 0\]",
    ),
    "csv 2**53 + 1": (b"1,2\n3,9007199254740993\n", r"9007199254740993, is at \[1, 1\]"),
    "csv with NUL": (b"1,\x002\n3,4", r"line 1, value 2: '\\x002'"),
    "csv with a long cell": (b"1," + b"x" * 10**6, "value 2: 'xxxx"),
    "csv with an open quote": (b'"1","2\n3,4', "not a table"),
    "csv of two delimiters": (b"1;2\n3,4\n", "line 2 has 1 values, line 1 has 2"),
    "csv of thousands": (b'"1,234",5\n', "line 1, value 1: '1,234' is not a number"),
    "csv of Python's numbers": (b"1_000,2\n", "'1_000' is not a number"),
    "csv of Arabic digits": ("٣,1\n".encode(), "is not a number"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE.values(), ids=HOSTILE)
@pytest.mark.filterwarnings("error")
def test_hostile_files_are_one_line_and_cost_little(content, message, tmp_path):
    kind = "json" if content[:1] == b"[" else "csv"
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content)
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(ImageError, match=message) as caught:
            read_picture(path, name="a")
        taken = time.process_time() - start
        assert tracemalloc.get_traced_memory()[1] < 150e6 + 2 * len(content)
    finally:
        tracemalloc.stop()
    assert taken < 5  # within a second without tracing
    assert caught.value.hint
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)


def test_paths_in_names_are_only_names(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(zipped(**{"../../b.npy": npy(ROWS)}))
    assert_array_equal(read_picture(path).frames[0].pixels, ROWS)
    assert_array_equal(read_picture(f"{path}:../../b").frames[0].pixels, ROWS)


def test_arrays_after_the_first_are_said_to_be_left_out():
    whole = read_picture(npy(ROWS) + npy(ROWS))
    assert_array_equal(whole.frames[0].pixels, ROWS)
    assert whole.notes == (f"{len(npy(ROWS))} bytes after the first array are left out",)


def test_integers_of_64_bits_that_float64_holds():
    assert read_picture(npy(np.full((1000, 2000), 2**60))).frames[0].pixels.max() == 2.0**60
    for array in (np.array([[2**60, -(2**62)]]), np.array([[2**63, 3]], np.uint64)):
        pixels = read_picture(npy(array)).frames[0].pixels
        assert pixels.dtype == np.float64
        assert [int(value) for value in pixels[0]] == array[0].tolist()
    assert read_picture(b"[[9007199254740992, 1e300]]").frames[0].pixels[0].tolist() == [2.0**53, 1e300]


@pytest.mark.parametrize("value", [b"7", b"1e300", b"9007199254740992"])
@pytest.mark.parametrize("form", [b"%s", b"[[%s]]"])
def test_a_wide_line_of_many_values(value, form):
    start = time.process_time()
    assert read_picture(form % b",".join([value] * 300_000)).frames[0].size == (1, 300_000)
    assert time.process_time() - start < 5


BY_OTHERS = {
    "npy": np.load,
    "npz": lambda path: np.load(path)["image"],
    "csv": lambda path: [[*map(float, row)] for row in csv.reader(path.read_text().splitlines())],
    "tsv": lambda path: [
        [*map(float, row)] for row in csv.reader(path.read_text().splitlines(), delimiter="\t")
    ],
    "json": lambda path: json.loads(path.read_text()),
}
VALUES = {
    "float64": np.array([[0.1, -1 / 3, 5e-324], [1.7976931348623157e308, 2.0**53, 1e22]]),
    "float32": np.array([[0.1, -1 / 3, 1e-45], [3.4028235e38, 16777216, 7]], np.float32),
    "int32": np.array([[-(2**31), 0, 1], [2**31 - 1, 5, -7]], np.int32),
    "int64": np.array([[-(2**53), 0, 1], [2**53, 5, -7]]),
    "uint16": np.array([[0, 65535, 3]], np.uint16),
    "bool": np.array([[True, False, True]]),
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("kind", BY_OTHERS)
def test_every_bit_survives_a_file(kind, values, tmp_path):
    """Written by us and read by others, and back."""
    path = tmp_path / f"a.{kind}"
    write_image(path, values)
    found = np.array(BY_OTHERS[kind](path), np.float64)
    assert_array_equal(found, values.astype(np.float64), strict=True)
    assert_array_equal(read_picture(path).frames[0].pixels.astype(np.float64), values.astype(np.float64))
    if kind in ("npy", "npz"):
        assert BY_OTHERS[kind](path).dtype == values.dtype
