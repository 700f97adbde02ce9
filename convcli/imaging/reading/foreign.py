"""Files that are recognised but not read: each is refused by name, with a tool that converts it."""

import struct
from typing import NamedTuple

from convcli.errors import ImageError
from convcli.imaging.reading.jpeg_file import FRAMES, segments
from convcli.imaging.reading.sniff import picture_kind

__all__ = ["kinds", "refusal"]


class _Kind(NamedTuple):
    """First bytes of a kind of file, what it is, and what converts it."""

    at: int
    magic: bytes | tuple[bytes, ...]
    what: str
    hint: str


_GHOSTSCRIPT = "render it to a picture first: gs -dSAFER -r150 -sDEVICE=png16m -o OUT.png FILE"
_VIDEO = "extract its frames first: ffmpeg -i FILE frame-%04d.png"
_OIIO = "oiiotool FILE -o OUT.tif keeps its floats"
_RAW = "develop it first: dcraw_emu -T FILE (LibRaw), darktable-cli or RawTherapee"
_METAFILE = "render it to a picture first: inkscape FILE -o OUT.png, or LibreOffice"
_SVG = "render it to a picture first: rsvg-convert FILE -o OUT.png"
_HEIC = "heif-convert FILE OUT.png converts it"
_ERROR_PAGE = "was an error page downloaded in the picture's place?"
_NUMBERS = "store the array that you want with numpy.save"

_KINDS = (
    _Kind(0, b"%PDF", "a PDF document", "render the page first: pdftoppm -png FILE page"),
    _Kind(0, (b"%!PS", b"\x04%!PS", b"%!\n", b"%!\r"), "a PostScript program", _GHOSTSCRIPT),
    _Kind(0, b"\xc5\xd0\xd3\xc6", "an EPS program", _GHOSTSCRIPT),
    _Kind(0, b"v/1\x01", "an OpenEXR picture", _OIIO),
    _Kind(0, (b"#?RADIANCE", b"#?RGBE"), "a Radiance HDR picture", _OIIO),
    _Kind(128, b"DICM", "a DICOM file", "dcm2pnm FILE OUT.pgm (DCMTK), or pydicom's pixel_array"),
    _Kind(0, (b"\xff\x0a", b"\0\0\0\x0cJXL "), "a JPEG XL picture", "djxl FILE OUT.png converts it"),
    _Kind(0, b"II\xbc", "a JPEG XR picture", "JxrDecApp -i FILE -o OUT.tif converts it"),
    _Kind(4, b"ftypcrx ", "a raw photograph (CR3)", _RAW),
    _Kind(0, b"FUJIFILMCCD-RAW", "a raw photograph (RAF)", _RAW),
    _Kind(0, (b"IIRO", b"IIRS", b"MMOR"), "a raw photograph (ORF)", _RAW),
    _Kind(0, b"IIU\0", "a raw photograph (RW2)", _RAW),
    _Kind(0, (b"\0MRM", b"FOVb"), "a raw photograph", _RAW),
    _Kind(0, (b"\0\0\1\xba", b"\0\0\1\xb3", b"\x1a\x45\xdf\xa3", b"OggS", b"FLV\1"), "a video", _VIDEO),
    _Kind(8, b"AVI ", "a video", _VIDEO),
    _Kind(0, (b"\xd7\xcd\xc6\x9a", b"\1\0\x09\0\0\3"), "a Windows metafile (WMF)", _METAFILE),
    _Kind(40, b" EMF", "a Windows metafile (EMF)", _METAFILE),
    _Kind(0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", f"{_NUMBERS}: h5py reads it"),
    _Kind(512, b"\x89HDF\r\n\x1a\n", "an HDF5 file", f"{_NUMBERS}: h5py reads it"),
    _Kind(0, (b"CDF\1", b"CDF\2", b"CDF\5"), "a netCDF file", f"{_NUMBERS}: xarray or netCDF4 reads it"),
    _Kind(0, b"\x0e\x03\x13\x01", "an HDF4 file", f"{_NUMBERS}: pyhdf reads it"),
    _Kind(0, b"GRIB", "a GRIB file", f"{_NUMBERS}: cfgrib (ecCodes) reads it"),
    _Kind(0, b"BUFR", "a BUFR file", "bufr_dump (ecCodes) prints its values"),
    _Kind(0, b"MATLAB 5.0 MAT-file", "a MATLAB file", f"{_NUMBERS}: scipy.io.loadmat reads it"),
    _Kind(344, (b"n+1\0", b"ni1\0"), "a NIfTI volume", f"{_NUMBERS}: nibabel reads it"),
    _Kind(0, (b"ObjectType = Image", b"NDims = "), "a MetaImage volume", f"{_NUMBERS}: SimpleITK reads it"),
    _Kind(0, b"NRRD0", "an NRRD volume", f"{_NUMBERS}: pynrrd reads it"),
    _Kind(0, b"AT&TFORM", "a DjVu document", "render the page first: ddjvu -format=tiff FILE OUT.tif"),
    _Kind(0, b"gimp xcf", "a GIMP picture", "export it as PNG or TIFF with GIMP"),
    _Kind(
        0,
        (b"SDPX", b"XPDS", b"\x80\x2a\x5f\xd7"),
        "a film scan (DPX, Cineon)",
        "oiiotool FILE -o OUT.tif converts it",
    ),
    _Kind(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE file (FlashPix, MIC)", "export it as PNG"),
    _Kind(0, (b"\x8aMNG\r\n", b"\x8bJNG\r\n"), "an MNG or JNG picture", "ImageMagick converts it"),
    _Kind(0, (b"id=ImageMagick", b"farbfeld"), "a MIFF or farbfeld picture", "ImageMagick converts it"),
    _Kind(
        0, (b"\x08\xf2\xa6\xb6", b"\xb6\xa6\xf2\x08"), "a VIPS picture", "vips copy FILE OUT.tif converts it"
    ),
    _Kind(0, b"FLIF", "a FLIF picture", "flif -d FILE OUT.png converts it"),
    _Kind(0, b"BPG\xfb", "a BPG picture", "bpgdec -o OUT.png FILE converts it"),
    _Kind(0, b"FORM", "an IFF picture", "ffmpeg -i FILE OUT.png converts it"),
    _Kind(522, b"\0\x11\x02\xff", "a PICT picture", "ImageMagick or LibreOffice converts it"),
    _Kind(0, b"\x1c\x02", "an IPTC file", "export it as PNG or TIFF"),
    _Kind(
        0,
        (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"),
        "a compressed file",
        "unpack it first: gunzip, bunzip2, unxz or unzstd",
    ),
)
_JPEG_LS = ("a JPEG-LS picture", "ffmpeg -i FILE OUT.png converts it")
# Text that is no picture, after leading white space and in any case.
_TEXTS = (
    (b"<svg", "an SVG drawing", _SVG),
    (b"<?xml", "an XML document", f"if it is an SVG drawing, {_SVG}"),
    (b"<!doc", "a web page", _ERROR_PAGE),
    (b"<html", "a web page", _ERROR_PAGE),
)
# Brands of ISO base media files that Pillow reads, and of HEIF pictures with other codecs (MP4RA's register).
_AVIF = {b"avif", b"avis"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avci", b"avcs"}


def kinds() -> list[tuple[str, str]]:
    """Return what is refused by its first bytes, and what converts it; raw photographs as one."""
    found = {kind.what.split(" (")[0] if kind.hint is _RAW else kind.what: kind.hint for kind in _KINDS}
    return [*found.items(), _TEXTS[0][1:], ("a HEIC picture", _HEIC), _JPEG_LS]


def refusal(data: bytes, name: str) -> ImageError | None:
    """Return the error for content of a kind that is known and not read, else None."""
    found = (
        _by_magic(data)
        or _media(data)
        or _photoshop(data)
        or _jpeg(data)
        or _jpeg2000(data)
        or _raw_in_tiff(data)
    )
    if found is None:
        return None
    what, hint = found
    return ImageError(f"{name!r} is {what}, not a picture that can be read", hint=hint)


def _by_magic(data: bytes) -> tuple[str, str] | None:
    if picture_kind(data):
        return None
    for kind in _KINDS:
        if data.startswith(kind.magic, kind.at):
            return kind.what, kind.hint
    text = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, what, hint in _TEXTS:
        if text.startswith(start):
            return (_TEXTS[0][1], _SVG) if b"<svg" in text else (what, hint)
    return None


def _media(data: bytes) -> tuple[str, str] | None:
    """Name a file of boxes by its brands (ISO/IEC 14496-12, 4.3)."""
    if data[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[at : at + 4] for at in (8, *range(16, size - 3, 4))}
    if brands & _AVIF:
        return None
    if data[8:12] in _HEIF:
        return "a HEIC picture", _HEIC
    return "a video", _VIDEO


def _photoshop(data: bytes) -> tuple[str, str] | None:
    """Name a PSD that Pillow does not know (Adobe Photoshop File Formats Specification, file header)."""
    if not data.startswith(b"8BPS") or len(data) < 26:
        return None
    version, depth, mode = (int.from_bytes(data[at : at + 2], "big") for at in (4, 22, 24))
    if version == 2:
        return "a large Photoshop document (PSB)", "save it as TIFF with Photoshop or GIMP"
    if depth in (16, 32) or (depth == 1 and mode != 0):
        return f"a Photoshop document of {depth} bits per channel", "save it as TIFF with Photoshop or GIMP"
    return None


def _jpeg(data: bytes) -> tuple[str, str] | None:
    """Name a JPEG that libjpeg does not decode to 8 bits (ITU-T T.81, B.2.2: the frame header)."""
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    for marker, start in segments(data):
        if marker == 0xF7:
            return _JPEG_LS
        if marker in FRAMES:
            bits, hint = data[start], "djpeg -outfile OUT.ppm FILE (libjpeg-turbo 3) converts it"
            return None if bits == 8 else (f"a JPEG of {bits} bits per sample", hint)
    return None


def _jpeg2000(data: bytes) -> tuple[str, str] | None:
    """Name a JPEG 2000 of more channels than Pillow knows (ITU-T T.800, A.5.1: Csiz)."""
    if not data.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")):
        return None
    start = data.find(b"\xff\x4f\xff\x51")
    channels = int.from_bytes(data[start + 40 : start + 42], "big") if start >= 0 else 0
    if channels <= 4:
        return None
    return f"a JPEG 2000 of {channels} channels", "opj_decompress -split-pnm -i FILE -o OUT.pgm writes each"


def _raw_in_tiff(data: bytes) -> tuple[str, str] | None:
    """Name a raw photograph that is a TIFF, whose first picture is a preview or a mosaic of the sensor.

    References
    ----------
    Digital Negative Specification 1.7: DNGVersion, and the photometric interpretations CFA and LinearRaw.
    """
    if data[8:11] == b"CR\2" and data.startswith(b"II*\0"):
        return "a raw photograph (CR2)", _RAW
    if not data.startswith((b"II*\0", b"MM\0*")):
        return None
    from convcli.imaging.tiff_directory import Directory, first_directory  # here for start-up: it needs NumPy

    try:
        tags = Directory(data, first_directory(data))
    except struct.error:  # damage, which its reader names
        return None
    preview = bool(tags.number(_SUBFILE, 0) & 1) and _SUB_DIRECTORIES in tags and _MAKE in tags
    if _DNG_VERSION in tags or tags.number(_PHOTOMETRIC, 0) in (_CFA, _LINEAR_RAW) or preview:
        return f"a raw photograph ({'DNG' if _DNG_VERSION in tags else 'NEF, ARW or the like'})", _RAW
    return None


# Tags of a TIFF directory (TIFF 6.0, TIFF/EP, DNG), and values of its photometric interpretation.
_SUBFILE, _PHOTOMETRIC, _MAKE, _SUB_DIRECTORIES, _DNG_VERSION = 254, 262, 271, 330, 50706
_CFA, _LINEAR_RAW = 32803, 34892
