"""Servers on loopback for the tests of this folder."""

from tests.servers import s3, s3_server, web

__all__ = ["s3", "s3_server", "web"]
