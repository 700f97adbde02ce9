"""Detection of .npy, .npz and text encodings (UTF-8, UTF-16) by the first bytes of a file."""

__all__ = ["binary_kind", "encoding_of", "text_of"]


def binary_kind(data: bytes) -> str:
    """Return ``npy`` or ``npz`` if the first bytes say so, else ``""``."""
    return "npy" if data.startswith(b"\x93NUMPY") else "npz" if data.startswith(b"PK\x03\x04") else ""


def text_of(data: bytes) -> str:
    """Decode UTF-8, or UTF-16 as spreadsheets save "Unicode text", with or without a byte order mark."""
    return data.decode(encoding_of(data))


def encoding_of(data: bytes) -> str:
    """Return ``utf-16`` where `data` begins with its byte order mark, else ``utf-8-sig``."""
    return "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
