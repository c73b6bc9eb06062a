"""The markup of a web page as a string that parsers can be trusted with.

In: a document. Out: its text, decoded by a fixed list of encodings, without scripts, styles and comments, its
JSON-LD apart, and how deep its elements nest. One linear scan: it must never need more time than the length
asks for, whatever the page holds, and refuses what no article has (tens of thousands of tags).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from parsers.article import Document
from parsers.encodings import charset_of, codec_of, is_known
from parsers.errors import ParseError
from parsers.text import clean, decode, vocabulary

TAGS_MAX = 30_000  # start tags; long live pages have 10,000, and lxml with bs4 takes 1 s for these
NAMES_MAX = 500  # characters of a tag without its quoted values; lxml is quadratic in their number
NAMES_TOTAL = 600_000  # the same of all tags; a page beyond that keeps its text, but no more attributes
OPENING_MAX = 1_000  # characters of a document type
BROKEN_MAX = 20  # tags with a quote that is never closed; each costs a scan of the rest

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_META = re.compile(r"<meta\s[^<>]{0,300}>", re.IGNORECASE)
_DECLARED_WITHIN = 4_096  # bytes; browsers look at the first 1,024

# As browsers read it: a quote opens a value only after "=", any other is a slip and ends with its tag.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]*)((?:[^>=]++|=\s*+(?:\"[^\"]*\"|'[^']*')|=)*+)>")
_UNQUOTED_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]*)([^<>]*+)>")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_JSON_LD = re.compile(r"type\s*=\s*[\"']?\s*application/ld\+json", re.IGNORECASE)
_ENDS = {name: re.compile(rf"</{name}\b[^>]*>?", re.IGNORECASE) for name in ("script", "style")}
_COMMENT_END = re.compile(r"--!?>")
_VOID = vocabulary("area base br col embed hr img input link meta param source track wbr")
_CLOSED_BY_ITSELF = vocabulary("p li dt dd tr td th option thead tbody")
_CLOSES_P = vocabulary(
    "address article aside blockquote div dl dd dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav "
    "ol p pre section table ul"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """A page ready to be parsed; `linked` are its JSON-LD scripts, as they stand."""

    text: str
    linked: tuple[str, ...]
    depth: int  # elements open at most
    tags: int  # start tags
    remarks: tuple[str, ...]


def page_markup(document: Document) -> Markup:
    """Decode and scan a page. Raises ParseError on what is no text and on absurd numbers of tags."""
    text, remarks = _decoded(document)
    scan = _Scan(clean(text), document.name)
    scan.run()
    return Markup(
        text="".join(scan.kept), linked=tuple(scan.linked), depth=scan.deepest, tags=scan.tags, remarks=remarks
    )


def _decoded(document: Document) -> tuple[str, tuple[str, ...]]:
    """Return the text by its byte order mark, as UTF-8 where it is that, else by the encoding that it names."""
    named = _named_encoding(document)
    marked = document.body.startswith(_BOMS)
    try:
        text, noted = decode(document.body, named=named)
    except ValueError as error:
        raise ParseError(document.name, str(error)) from error
    remarks = list(noted[1:] if marked else noted)
    if not is_known(named):
        remarks.append(f"unknown encoding {named!r}")
    elif codec_of(named) and not document.body.isascii() and (marked or _is_utf8(document.body)):
        remarks.append(f"calls itself {named}, but is not")
    return text, tuple(remarks)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _named_encoding(document: Document) -> str:
    """Return the encoding that the sender names, else the page itself."""
    opening = document.body[:_DECLARED_WITHIN].decode("latin-1")
    for place in (document.media_type or "", *_META.findall(opening)):
        if named := charset_of(place):
            return named
    return ""


@dataclass(slots=True)
class _Scan:
    """One pass over a page: what is kept of it, and how many elements are open."""

    text: str
    name: str
    kept: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    deepest: int = 0
    tags: int = 0
    broken: int = 0
    names: int = 0
    open_tags: list[str] = field(default_factory=list)
    open_count: dict[str, int] = field(default_factory=dict)
    missing: set[re.Pattern[str]] = field(default_factory=set)  # ends that do not come any more

    def run(self) -> None:
        at = 0
        while (start := self.text.find("<", at)) >= 0:
            self.kept.append(self.text[at:start])
            at = self._after(start)
        self.kept.append(self.text[at:])

    def _after(self, start: int) -> int:
        """Take what begins with an angle bracket, and return where it ends."""
        if self.text.startswith("<!--", start):
            return self._end(_COMMENT_END, start + 2)[1]
        if self.text.startswith(("<!", "<?"), start):
            end = self.text.find(">", start, start + OPENING_MAX)
            return end + 1 if end >= 0 else start + 2
        tag = self._tag(start)
        if tag is None:
            self.kept.append("&lt;")
            return start + 1
        name = tag[2].lower()
        if tag[1]:
            self._close(name)
        elif name in _ENDS:
            return self._raw(tag, name)
        else:
            self._open(name, closed=tag[3].endswith("/"))
        names = len(_QUOTED.sub("", tag[3]))
        self.names += min(names, NAMES_MAX)
        absurd = names > NAMES_MAX or self.names > NAMES_TOTAL
        self.kept.append(f"<{tag[1]}{name}>" if absurd else tag[0])
        return tag.end()

    def _tag(self, start: int) -> re.Match[str] | None:
        if self.broken < BROKEN_MAX:
            if tag := _TAG.match(self.text, start):
                return tag
            self.broken += self.text[start + 1 : start + 2].isalpha()
        return _UNQUOTED_TAG.match(self.text, start)

    def _raw(self, tag: re.Match[str], name: str) -> int:
        """Skip a script or style; one that is never closed is taken for an empty one."""
        inner, after = self._end(_ENDS[name], tag.end())
        if _JSON_LD.search(tag[3]) and inner > tag.end():
            self.linked.append(self.text[tag.end() : inner])
        return after

    def _end(self, end: re.Pattern[str], at: int) -> tuple[int, int]:
        """Return where the next such end begins and stops; `at` where there is none."""
        found = None if end in self.missing else end.search(self.text, at)
        if found is None:
            self.missing.add(end)
            return at, at
        return found.span()

    def _open(self, name: str, *, closed: bool) -> None:
        self.tags += 1
        if self.tags > TAGS_MAX:
            raise ParseError(self.name, f"more than {TAGS_MAX:,} tags: not the page of an article")
        if self.open_tags and self.open_tags[-1] == "p" and name in _CLOSES_P:
            self._pop()
        if self.open_tags and self.open_tags[-1] == name and name in _CLOSED_BY_ITSELF:
            self._pop()
        if not closed and name not in _VOID:
            self.open_tags.append(name)
            self.open_count[name] = self.open_count.get(name, 0) + 1
            self.deepest = max(self.deepest, len(self.open_tags))

    def _close(self, name: str) -> None:
        if self.open_count.get(name):
            while self._pop() != name:
                pass

    def _pop(self) -> str:
        name = self.open_tags.pop()
        self.open_count[name] -= 1
        return name
