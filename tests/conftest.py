"""Settings for every test: the same examples on every run, no deadline on busy machines."""

from hypothesis import settings

from tests.browser import chromium, open_page

__all__ = ["chromium", "open_page"]

settings.register_profile("convcli", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("convcli")
