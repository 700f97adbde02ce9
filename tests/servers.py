"""Servers on loopback that tests read from and write to: web pages by a table, and a store of S3's kind."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI"
Answer = bytes | tuple[int, dict[str, str], bytes]


@dataclass
class Web:
    """A web server: what it answers to a path, by default status 404, and what it was asked."""

    address: str
    pages: dict[str, Answer | Callable[[str], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)


@pytest.fixture
def web() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # which lets those go on who ask before they send

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            known.asked.append(f"{self.command} {self.path}")
            known.logins.append(self.headers.get("Authorization"))
            page = known.pages.get(self.path.partition("?")[0], known.pages.get("*", (404, {}, b"")))
            found = page(self.path) if callable(page) else page
            status, headers, body = (200, {}, found) if isinstance(found, bytes) else found
            self.send_response_only(status)
            self.close_connection = True
            for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                with suppress(ConnectionError):  # of those who hang up when they have seen enough
                    self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = answer  # noqa: N815 -- the names that the library looks for

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield known
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def s3_client() -> Iterator[Any]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
    yield pytest.importorskip("boto3").client("s3", endpoint_url=f"http://{host}:{port}", **keys)
    server.stop()


@pytest.fixture
def s3(s3_client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A client of the S3 store that the environment names, with one empty bucket, `shelf`."""
    client = s3_client
    at_s3(client.meta.endpoint_url, monkeypatch, tmp_path)
    client.create_bucket(Bucket="shelf")
    yield client
    for entry in client.list_objects_v2(Bucket="shelf").get("Contents", ()):
        client.delete_object(Bucket="shelf", Key=entry["Key"])
    client.delete_bucket(Bucket="shelf")


_endpoints: list[str] = []  # the one that fsspec's file systems have


def at_s3(endpoint: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Let the environment name an S3 store and false credentials for it, and nothing else do so."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(home / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    store = pytest.importorskip("s3fs").S3FileSystem
    # fsspec keeps its file systems, with the environment of the first use.
    if _endpoints[-1:] != [endpoint]:
        store.clear_instance_cache()
        _endpoints[:] = [endpoint]
