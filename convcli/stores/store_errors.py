"""Errors of stores and servers, each as a sentence and a hint, whichever library raises them.

They are told apart by the names of their classes: aiohttp's and botocore's are not imported for that.
"""

from convcli.errors import ConvcliError, OutputError

__all__ = ["explained"]

_AGAIN = "try again: the network or the server failed"
_ADDRESS = "check the address, and the network"
# The classes of errors, the most particular first: their names, the sentence, and the hint.
_KINDS = (
    (
        {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "CredentialRetrievalError"},
        "no credentials were found",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or FSSPEC_S3_ANON=true for what is public",
    ),
    (
        {"ClientConnectorCertificateError", "SSLCertVerificationError"},
        "the server does not prove who it is: its TLS certificate is not accepted",
        "check the address; SSL_CERT_FILE names the authorities that are trusted",
    ),
    ({"ClientSSLError", "SSLError"}, "the server does not speak TLS as it should", "is it http, not https?"),
    ({"TimeoutError", "ConnectTimeoutError", "ReadTimeoutError"}, "the server does not answer", _ADDRESS),
    ({"ClientConnectorDNSError", "gaierror"}, "there is no server of that name", "check the address"),
    (
        {"ClientPayloadError", "IncompleteRead", "IncompleteReadError", "ConnectionClosedError"}
        | {"ResponseStreamingError", "ServerDisconnectedError", "ConnectionResetError", "BrokenPipeError"},
        "the connection broke before the end",
        _AGAIN,
    ),
    (
        {"ClientConnectorError", "EndpointConnectionError", "ConnectionRefusedError", "NewConnectionError"},
        "the server cannot be reached",
        _ADDRESS,
    ),
    ({"TooManyRedirects"}, "the server sends from one address to the next without end", "check the address"),
    ({"InvalidURL", "InvalidUrlClientError", "NonHttpUrlClientError"}, "it is no address", "check it"),
    ({"ParamValidationError"}, "it is no name of a file in a bucket", "write s3://bucket/name"),
    ({"NotImplementedError"}, "stores of that kind cannot do this", "copy the file, and name the copy"),
    ({"MemoryError"}, "it does not fit into memory", "cut the picture up"),
)


def explained(name: str, scheme: str, error: Exception, kind: type[ConvcliError]) -> ConvcliError:
    """Return the error of `kind` about the file `name` at a URL with that scheme."""
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and type(cause).__module__.startswith("aiohttp"):
        error = cause if isinstance(cause, Exception) else error  # fsspec takes any failure for that
    action = "written" if kind is OutputError else "read"
    status, code = _answer(error)
    if isinstance(error, FileNotFoundError) or status == 404:
        return _missing(name, scheme, code, kind)
    if isinstance(error, IsADirectoryError):
        return kind(f"{name!r} is a folder", hint="name a file in it")
    if isinstance(error, PermissionError) or status in (401, 403, 407):
        told = f" ({code})" if code and code not in ("AccessDenied", "403") else ""
        return kind(f"{name!r} may not be {action}: access is denied{told}", hint=_login(scheme))
    if status >= 400:
        reason = getattr(error, "message", None) or getattr(error, "strerror", None) or ""
        said = f"the server answers {status} {reason}".splitlines()[0].rstrip(" :")
        return kind(
            f"{name!r} cannot be {action}: {said}", hint=_AGAIN if status >= 500 else "check the address"
        )
    names = {one.__name__ for part in (error, error.__cause__) if part for one in type(part).__mro__}
    for kinds, said, hint in _KINDS:
        if kinds & names:
            return kind(f"{name!r} cannot be {action}: {said}", hint=hint)
    reason = (getattr(error, "strerror", None) or str(error).strip() or type(error).__name__).splitlines()[0]
    return kind(f"{name!r} cannot be {action}: {reason}", hint="check the address")


def _missing(name: str, scheme: str, code: str, kind: type[ConvcliError]) -> ConvcliError:
    if code == "NoSuchBucket":
        return kind(f"{name!r}: there is no bucket of that name", hint="check its name, and AWS_ENDPOINT_URL")
    hint = "check the address" if scheme in ("http", "https") else "check the spelling and the folder"
    return kind(f"{name!r} does not exist", hint=hint)


def _login(scheme: str) -> str:
    if scheme in ("s3", "s3a"):
        return "AWS_ACCESS_KEY_ID and the like log in; FSSPEC_S3_ANON=true reads what is public"
    if scheme in ("http", "https"):
        return "is a login needed, or has a signed address expired?"
    return "the environment holds its credentials, as fsspec has them"


def _answer(error: BaseException) -> tuple[int, str]:
    """Return the status of HTTP, or 0, and an S3 store's word for its error, such as ``NoSuchBucket``."""
    for one in (error, error.__cause__):
        response = getattr(one, "response", None)
        if isinstance(response, dict):
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            return int(status), str(response.get("Error", {}).get("Code", ""))
    return int(getattr(error, "status", None) or 0), ""
