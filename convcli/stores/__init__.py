"""Files by URL, through fsspec."""
