"""The bytes of a feed as one XML string.

In: bytes, and the encodings that the document and its sender name. Out: text that an XML parser takes. Only
encodings of `parsers.encodings` are believed.
"""

from __future__ import annotations

import codecs
import re

from parsers.article import Document
from parsers.encodings import charset_of, codec_of, is_known
from parsers.text import clean, decode

_DECLARATION = re.compile(r"\A(\s*<\?xml[^>]*?)\s+encoding\s*=\s*[\"']([\w.:-]*)[\"']", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}));")
_DECLARED_WITHIN = 200  # bytes


def xml_text(document: Document) -> tuple[str, list[str]]:
    """Return the XML of a document without its encoding declaration, and remarks on the encoding.

    Raises ValueError, with a reason for people, on content that is no text.
    """
    named = _named_encoding(document)
    codec = codec_of(named)
    marked = document.body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    remarks: list[str] = []
    if codec and not marked:
        text = document.body.decode(codec, errors="replace")
    else:
        text, noted = decode(document.body)
        remarks.extend(noted[1:] if marked else noted)  # the mark itself is no problem of a feed
    if not is_known(named):
        remarks.append(f"unknown encoding {named[:40]!r}")
    legal = clean(_REFERENCE.sub(_character, text)).lstrip()
    return _DECLARATION.sub(r"\1", legal), remarks


def _named_encoding(document: Document) -> str:
    """Return the encoding that the XML declaration names, else the one of the media type."""
    opening = document.body[:_DECLARED_WITHIN].replace(b"\0", b"").decode("latin-1").lstrip("ÿþï»¿")
    if declared := _DECLARATION.match(opening):
        return declared[2].casefold()
    return charset_of(document.media_type)


def _character(reference: re.Match[str]) -> str:
    """Return what a numeric reference stands for where XML does not allow it; `clean` does the rest."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    if 0xD800 <= code <= 0xDFFF:
        return chr(code)
    illegal = code > 0x10FFFF or (code < 0x20 and code not in (0x09, 0x0A, 0x0D))
    return "" if illegal else reference[0]
