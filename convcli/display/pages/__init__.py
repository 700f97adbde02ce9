"""Self-contained HTML pages: everything in one file, and nothing is ever asked of a network."""

from convcli.display.pages.page import data_uri, page

__all__ = ["data_uri", "page"]
