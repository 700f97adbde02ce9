"""Print docs/formats.md: what is promised for each file format, from the program's own table.

Run ``python docs/make_formats.py > docs/formats.md`` after changing the table; a test compares the two.
"""

from collections.abc import Iterable, Sequence
from textwrap import fill

from convcli.commands.formats.report import HEADINGS, NOTES, as_pillow_reads_them, cells, promised
from convcli.imaging.reading.foreign import kinds

HEAD = """# File formats

Made by `docs/make_formats.py` from the table that `convcli formats` prints. What stands here is tested by
round trips through readers and writers that share no code with convcli.
"""
READING = """## How some are read

- **FITS**: values are BZERO + BSCALE x what is stored, for every BITPIX. Rows are in the order in which they
  are stored, as `astropy.io.fits` and Matplotlib's `imshow` give them; FITS viewers draw the first at the
  bottom. The planes of a cube are frames (`--frame N` is `data[N]`). The first image is read, in an extension
  too. Missing pixels (BLANK, NaN) are refused, with their place: fill them first. Results go to TIFF or
  `.npy`, which hold floats.
- **BMP**: pixels of 16 and 32 bits as the masks of their channels say, alpha included; channels of up to 8
  bits are widened to 8, others to 16.
- **JPEG 2000**: depths below 8 and 16 bits are widened, white to white; signed samples are data.
- **PSD**: the merged picture; documents of 16 and 32 bits are refused by name.
- **Zarr**: a folder with the metadata of Zarr v2 or v3, whatever its name, or a zip file of one. `x.zarr/a/b`
  names an array within a store; a group with one array is that array. Of **OME-Zarr** (0.1 to 0.5), the first
  level is taken, and `x.zarr/1` names the next. Axes called `y` and `x` are the picture, `c` its channels;
  `--frame N` chooses along `t` and `z`. Arrays without names are H x W, or H x W x C (`--layout chw`:
  C x H x W). Bytes and 16-bit integers are pixels: three channels RGB, four channels of bytes RGBA. All else
  is data, as are the 16-bit channels of OME-Zarr. Codecs that run Python (pickle) are refused.
- **Raw photographs** that are TIFFs (DNG, NEF, ARW, CR2) hold a preview first: they are refused by name.
"""
WRITING = """## How some are written

- **JPEG**: a JPEG that was read keeps its quality: the file has the same quantisation tables, the same chroma
  subsampling, and is progressive if that was. What was no JPEG gets quality 92, without subsampling.
- **WebP** is lossless, but for a picture that was read from a lossy one, which gets quality 92; **AVIF** has
  quality 92, without subsampling. A WebP or AVIF does not tell the quality that it was written with.
- **Zarr**: a Zarr input keeps its version, chunks, shards, codecs, attributes and names of axes; other inputs
  become v3 with chunks of 1024 x 1024. OME-Zarr stays OME-Zarr, with the pixel size and place that stride and
  padding give; `--levels N` writes OME-Zarr, channels first. `.zarr` is a folder, `.zip` the same store in a
  file.
- `--quality N`, 1 to 100, sets it for all three; WebP is lossy then. Formats without a quality refuse it.
"""


def page() -> str:
    """Return the whole page."""
    rows = [
        (f"{name}: {' '.join(f'`{one}`' for one in _suffixes(name))}", *others)
        for name, *others in map(cells, promised())
    ]
    return "\n".join(
        (
            HEAD,
            _table(HEADINGS, rows),
            *(f"{fill(note, 110)}\n" for note in (*NOTES, as_pillow_reads_them())),
            READING,
            WRITING,
            "## Refused by name\n\nWhatever the file's name: nothing is ever started to read a file.\n",
            _table(("kind", "what converts it"), ((what, hint) for what, hint in kinds())),
        )
    )


def _suffixes(name: str) -> Sequence[str]:
    format = next(format for format in promised() if format.name == name)
    return (*format.suffixes, *format.also_read)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return (
        "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
        + "\n"
    )


if __name__ == "__main__":
    print(page(), end="")
