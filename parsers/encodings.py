"""The encodings that documents may name, and the codecs that read them.

In: a name as XML, HTML or HTTP give it. Out: a codec of Python, or None. A fixed list: a stranger must never
choose which codec runs. The names follow the Encoding Standard of the web, by which browsers read.
"""

from __future__ import annotations

import re

_CODECS = {
    # Latin-1 and ASCII mean Windows-1252 on the web.
    "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 us-ascii ascii windows-1252 cp1252 x-cp1252",
    "iso-8859-2": "iso-8859-2 latin2",
    "iso-8859-5": "iso-8859-5",
    "iso-8859-6": "iso-8859-6",
    "iso-8859-15": "iso-8859-15 latin9",
    "cp1250": "windows-1250 cp1250",
    "cp1251": "windows-1251 cp1251",
    "cp1253": "windows-1253",
    "cp1254": "windows-1254 iso-8859-9 latin5",
    "cp1255": "windows-1255",
    "cp1256": "windows-1256 cp1256",
    "koi8-r": "koi8-r koi8",
    "koi8-u": "koi8-u",
    # Each is read by its largest set, of which the others are parts.
    "gb18030": "gb18030 gbk gb2312 gb_2312-80 x-gbk csgb2312",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j",
    "euc_jp": "euc-jp x-euc-jp",
    "cp949": "euc-kr ks_c_5601-1987 ksc5601 ksc_5601 windows-949 korean",
}
_CODEC_OF = {name: codec for codec, names in _CODECS.items() for name in names.split()}
_FOUND_BY_LOOKING = frozenset({"", "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be"})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)


def codec_of(name: str) -> str | None:
    """Return the codec for an encoding's name in lower case; None for UTF-8, UTF-16 and what is not known."""
    return _CODEC_OF.get(name)


def is_known(name: str) -> bool:
    """Tell whether an encoding can be read; UTF-8 and UTF-16 are found by looking, whatever is named."""
    return name in _CODEC_OF or name in _FOUND_BY_LOOKING


def charset_of(media_type: str | None) -> str:
    """Return the encoding that a media type names, in lower case; an empty string where it names none."""
    found = _CHARSET.search(media_type or "")
    return found[1].casefold() if found else ""
