"""The pictures that `benchmarks huge` makes hold what they should, in every layout."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.huge import LAYOUTS, ROWS, TILE, Layout, _make, _pixels

SIZE = TILE + 100


@pytest.mark.parametrize("layout", LAYOUTS, ids=[layout.name for layout in LAYOUTS])
def test_a_picture_has_its_layout_and_its_pixels(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / f"picture{layout.suffix}"
    _make(path, layout, SIZE)
    # Parts are random by their corners: compare the first, which no cut at the border reaches.
    if layout.suffix == ".zarr":
        made = pytest.importorskip("zarr").open_array(path, mode="r")
        assert made.shape == (SIZE, SIZE)
        assert made.chunks == (TILE, TILE)
        np.testing.assert_array_equal(made[:TILE], _pixels(0, 0, TILE, SIZE))
        return
    with pytest.importorskip("tifffile").TiffFile(path) as file:
        page = file.pages[0]
        pixels = page.asarray()
        assert (page.compression == 8) == layout.deflate
        assert page.is_tiled == layout.tiled
        assert len(page.dataoffsets) == (4 if layout.tiled else -(-SIZE // ROWS))
    assert pixels.shape == (SIZE, SIZE)
    first = _pixels(0, 0, TILE, TILE) if layout.tiled else _pixels(0, 0, ROWS, SIZE)
    np.testing.assert_array_equal(pixels[: first.shape[0], : first.shape[1]], first)
    assert 20 < pixels.std() < 100
