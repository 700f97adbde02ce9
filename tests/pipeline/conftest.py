"""Servers on loopback for the tests of this folder."""

from tests.servers import s3, s3_client, web

__all__ = ["s3", "s3_client", "web"]
