"""Reads one HTTP answer: its headers within bounds, its body unpacked within bounds.

In: an answer of which only the head has been read. Out: headers, bytes, what the headers say of them; HttpError
where they are too many, too much, broken off or packed in a way that was not asked for. It must never unpack
more than the limit, nor a second layer.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpcore2

from flows.stages.http_values import HttpError
from flows.stages.pauses import LONGEST_PAUSE

HEADERS = 100  # a news site sends some 30
HEADER_BYTES = 64 * 1024
VALIDATOR_CHARACTERS = 1024  # a longer one would be sent back at every fetch, and refused as a header
PADDING = b"\0 \t\r\n"  # that some servers append to what they packed

_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([A-Za-z0-9._:+-]{1,40})", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


def headers_of(response: httpcore2.Response) -> dict[str, str]:
    """Return the headers by lower-case name, those of one name joined by commas."""
    if len(response.headers) > HEADERS or sum(len(n) + len(v) + 4 for n, v in response.headers) > HEADER_BYTES:
        raise HttpError("protocol", f"more than {HEADERS} headers or {HEADER_BYTES:,} bytes of them")
    found: dict[str, str] = {}
    for raw_name, value in response.headers:
        name = raw_name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def body_of(
    response: httpcore2.Response, headers: Mapping[str, str], *, limit: int, cut: bool = False
) -> tuple[bytes, int]:
    """Return the body, and the bytes that it took on the wire; with `cut` the first `limit` bytes suffice."""
    decoder = _decoder(headers)
    if not cut and int(headers.get("content-length", "0")) > limit:
        raise _too_large(limit)
    body = bytearray()
    wire_bytes = 0
    try:
        for chunk in response.iter_stream():
            wire_bytes += len(chunk)
            # One byte more than may be kept is enough to know: a bomb is never unpacked further.
            body += decoder.decompress(chunk, limit - len(body) + 1) if decoder else chunk
            if decoder and decoder.unused_data.strip(PADDING):
                raise HttpError("protocol", "something follows the gzip stream")
            if max(wire_bytes, len(body)) > limit:
                if cut:
                    return bytes(body[:limit]), wire_bytes
                raise _too_large(limit)
    except zlib.error as error:
        raise HttpError("protocol", f"damaged gzip: {error}") from error
    except (httpcore2.ProtocolError, ConnectionError) as error:
        raise HttpError("truncated", f"the answer broke off: {error}") from error
    if decoder and wire_bytes and not decoder.eof:
        raise HttpError("truncated", "the gzip stream broke off")
    return bytes(body), wire_bytes


def _decoder(headers: Mapping[str, str]) -> zlib._Decompress | None:
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "x-gzip"}:
        return zlib.decompressobj(zlib.MAX_WBITS | 16)  # 16: with the header and the check sum of gzip
    raise HttpError("protocol", f"packed as {encoding!r}, which was not asked for")


def _too_large(limit: int) -> HttpError:
    return HttpError("too_large", f"larger than {limit:,} bytes")


def content_type(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return media type and charset in lower case, None for what is not told or no such thing."""
    header = headers.get("content-type", "")
    media_type = header.partition(";")[0].strip().lower()
    charset = _CHARSET.search(header)
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else None, charset[1].lower() if charset else None


def validator(headers: Mapping[str, str], name: str) -> str | None:
    """Return an ETag or Last-Modified that is fit to be sent back."""
    value = headers.get(name)
    return value if value and len(value) <= VALIDATOR_CHARACTERS else None


def retry_after_s(header: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header (seconds or a date) asks for, None for nonsense."""
    try:
        seconds = float(header) if header.isdecimal() else (parsedate_to_datetime(header) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE.total_seconds())
