"""Text of files in UTF-8 or UTF-16."""

__all__ = ["text_of"]


_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def text_of(data: bytes) -> str:
    """Decode UTF-8, or UTF-16 as spreadsheets save "Unicode text", with or without a byte order mark."""
    return data.decode(_encoding(data))


def _encoding(data: bytes) -> str:
    return "utf-16" if data[:2] in _UTF16 else "utf-8-sig"
