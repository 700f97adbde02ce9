"""Arrays of one axis: read as one row, written as one axis again, by the program and by the API."""

import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from convcli.imaging.api import read_image, write_image
from convcli.imaging.reading.read import read_picture
from convcli.imaging.writing.encode import encode_picture

VALUES = np.array([3.0, -1.5, 4.0])


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(array):
    buffer = io.BytesIO()
    np.savez(buffer, any=array)
    return buffer.getvalue()


SIGNALS = {
    "npy": npy(VALUES),
    "npy, float32": npy(VALUES.astype(np.float32)),
    "npz": npz(VALUES),
    "json": b"[3, -1.5, 4]",
    "csv": b"3,-1.5,4\n",
    "csv with a heading": b"# samples\na,b,c\n3,-1.5,4",
    "tsv": b"3\t-1.5\t4\n",
}
PICTURES = {
    "one row of two axes": npy(VALUES[None]),
    "nested lists": b"[[3, -1.5, 4]]",
    "a column": b"3\n-1.5\n4\n",
    "one number": b"3\n",
    "a column of two axes": npy(VALUES[:, None]),
}


@pytest.mark.parametrize("content", SIGNALS.values(), ids=SIGNALS)
def test_one_axis_is_a_signal_of_one_row(content):
    image = read_picture(content)
    assert image.signal
    assert_array_equal(image.frames[0].pixels, VALUES[None])


@pytest.mark.parametrize("content", PICTURES.values(), ids=PICTURES)
def test_two_axes_are_a_picture(content):
    assert not read_picture(content).signal


@pytest.mark.parametrize("format", ["npy", "npz", "json", "csv", "tsv"])
def test_a_row_of_a_signal_is_written_with_one_axis(format, tmp_path):
    data = encode_picture(read_picture(npy(VALUES)), format).data
    (tmp_path / f"a.{format}").write_bytes(data)
    assert_array_equal(read_image(tmp_path / f"a.{format}"), VALUES, strict=True)
    if format == "json":
        assert data == b"[3,-1.5,4]\n"
    if format == "csv":
        assert data == b"3,-1.5,4\n"
    if format == "npy":
        assert np.load(io.BytesIO(data)).shape == (3,)


@pytest.mark.parametrize("suffix", ["npy", "npz", "json", "csv", "tsv"])
def test_the_api_writes_and_reads_one_axis(suffix, tmp_path):
    write_image(tmp_path / f"a.{suffix}", VALUES)
    assert_array_equal(read_image(tmp_path / f"a.{suffix}"), VALUES, strict=True)


def test_a_signal_is_one_row_of_a_picture_file(tmp_path):
    write_image(tmp_path / "a.png", np.array([0, 128, 255], np.uint8))
    assert_array_equal(read_image(tmp_path / "a.png"), np.array([[0, 128, 255]], np.uint8), strict=True)
