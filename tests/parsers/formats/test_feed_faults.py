"""What is wrong with feeds in the wild, and what is read of them all the same."""

from __future__ import annotations

import http.server
import os
import pyexpat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parsers.article import Article, Document
from parsers.errors import ParseError
from parsers.formats import feed, news_sitemap
from parsers.formats.reading import Reading
from parsers.formats.registry import read
from parsers.opml import read_opml
from parsers.text import looks_garbled
from tests.parsers.formats.cases import RETRIEVED_AT, document

ADDRESS = "https://www.river-daily.example/feed.xml"
TEXT = "Five soldiers were wounded in the attack, the army said on Sunday."


def rss(*items: str, head: str = "") -> str:
    return f'{head}<rss version="2.0"><channel><title>River Daily</title>{"".join(items)}</channel></rss>'


def item(fields: str = "", *, title: str = "Army post attacked", text: str = TEXT) -> str:
    return f"<item><title>{title}</title>{fields}<description>{text}</description></item>"


def reading(body: str | bytes, media_type: str | None = None) -> Reading:
    given = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return feed.read(document(given, name=ADDRESS, url=ADDRESS, media_type=media_type))


def article(fields: str = "", **parts: str) -> Article:
    (found,) = reading(rss(item(fields, **parts))).articles
    return found


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": ('<!ENTITY l0 "ha">' + LAUGHS, "&l9;"),
    "quadratic": (f'<!ENTITY l0 "{"a" * 50_000}">', "&l0;" * 50_000),
}


@pytest.mark.parametrize(("entities", "used"), BOMBS.values(), ids=BOMBS.keys())
def test_fault_31_entity_bombs_are_not_expanded(entities: str, used: str) -> None:
    body = rss(item(text=used), head=f"<!DOCTYPE rss [{entities}]>")
    started = time.monotonic()
    found = reading(body)
    assert time.monotonic() - started < 5  # expanded, they would take all the memory there is
    assert any("not well-formed" in problem for problem in found.problems)
    assert sum(len(a.text) for a in found.articles) < len(body)
    for refusing in (
        lambda: news_sitemap.read(document(body.replace("rss", "urlset").encode(), name="a.xml")),
        lambda: read_opml(body.replace("rss", "opml").encode(), name="a.opml"),
    ):
        with pytest.raises(ParseError, match="entities"):
            refusing()


def test_fault_31_the_xml_parser_limits_what_entities_become() -> None:
    assert pyexpat.version_info >= (2, 4, 1)


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server on this machine, and what it was asked for."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


OUTSIDE = {
    "entity of a file": '<!DOCTYPE {root} [<!ENTITY x SYSTEM "file://{file}">]>',
    "entity of the network": '<!DOCTYPE {root} [<!ENTITY x SYSTEM "{site}/entity">]>',
    "document type of the network": '<!DOCTYPE {root} SYSTEM "{site}/dtd">',
    "parameter entity": '<!DOCTYPE {root} [<!ENTITY % p SYSTEM "{site}/parameter"> %p;]>',
    "style sheet": '<?xml-stylesheet type="text/xsl" href="{site}/xsl"?>',
}


@pytest.mark.parametrize("head", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_fault_32_nothing_outside_is_read(head: str, asked: tuple[str, list[str]], tmp_path: Path) -> None:
    site, paths = asked
    (secret := tmp_path / "secret").write_text("the secret")
    bodies = {
        "rss": rss(
            item(title="&x; Attack"), '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{site}/xi"/>'
        ),
        "urlset": "<urlset><url><loc>https://a.example/1</loc><title>&x; Attack</title></url></urlset>",
        "html": f"<html><body><h1>&x; Attack</h1><p>{TEXT} It named no group.</p></body></html>",
        "opml": '<opml><body><outline text="&x;" xmlUrl="https://a.example/"/></body></opml>',
    }
    for root, body in bodies.items():
        given = document(
            (head.replace("{root}", root).replace("{file}", str(secret)) + body).replace("{site}", site).encode(),
            name=f"https://a.example/{root}",
        )
        readers: tuple[Callable[[Document], object], ...] = (read, lambda d: read_opml(d.body, name=d.name))
        for reader in readers:
            try:
                shown = repr(reader(given))
            except ParseError as error:
                shown = str(error)
            assert "the secret" not in shown
    assert paths == []


def test_fault_33_a_body_that_names_a_pipe_does_not_wait_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ParseError, match="not a feed"):
        reading(str(tmp_path / "pipe"))


def test_fault_37_controls_are_removed() -> None:
    (found,) = reading(rss(item(title="Ar\0my\x01 post\x1b[31m\x7f at&#0;tacked&#8;"))).articles
    assert found.headline == "Army post[31m attacked"


SURROGATES = {
    "bytes": ("Army \ud800post", "Army \ufffdpost"),
    "reference": ("Army &#xD800;post", "Army \ufffdpost"),
    "decimal reference": ("Army &#55296;post", "Army \ufffdpost"),
    "pair of references": ("Army &#xD83D;&#xDE81; post", "Army 🚁 post"),
    "pair in the wrong order": ("Army &#xDE81;&#xD83D; post", "Army \ufffd\ufffd post"),
}


@pytest.mark.parametrize(("title", "headline"), SURROGATES.values(), ids=SURROGATES.keys())
def test_fault_38_a_lone_surrogate_is_replaced_and_a_pair_joined(title: str, headline: str) -> None:
    found = reading(rss(item(title=title)))
    assert [a.headline for a in found.articles] == [headline]
    assert found.problems == (("damaged UTF-8: halves of surrogate pairs",) if "\ud800" in title else ())


@pytest.mark.parametrize(
    "name",
    ["utf-7", "punycode", "unicode_escape", "raw_unicode_escape", "idna", "zlib", "hex", "rot13", "mbcs", "klingon"],
)
def test_fault_39_only_known_encodings_are_believed(name: str) -> None:
    title = "Army +ADw-script+AD4- \\u003c \\x3c xn--bcher-kva"
    declared = reading(rss(item(title=title), head=f'<?xml version="1.0" encoding="{name}"?>'))
    sent = reading(rss(item(title=title)), media_type=f"application/rss+xml; charset={name}")
    for found in (declared, sent):
        assert [a.headline for a in found.articles] == [title]
        assert found.problems == (f"unknown encoding {name!r}",)


WRITTEN = {
    "gb18030": "马里军队在廷巴克图附近遭到袭击",
    "gbk": "马里军队在廷巴克图附近遭到袭击",
    "gb2312": "马里军队在廷巴克图附近遭到袭击",
    "big5": "馬里軍隊在廷巴克圖附近遭到襲擊",
    "shift_jis": "マリ軍、トンブクトゥ近郊で襲撃される",
    "euc-jp": "マリ軍、トンブクトゥ近郊で襲撃される",
    "euc-kr": "말리군, 통북투 인근에서 공격받아",
    "windows-1251": "Нападение на пост армии у Тессита",
    "koi8-r": "Нападение на пост армии у Тессита",
    "windows-1256": "هجوم على موقع للجيش",
    "iso-8859-15": "L’armée a été attaquée".replace("’", "'"),
}


@pytest.mark.parametrize(("name", "title"), WRITTEN.items(), ids=WRITTEN.keys())
def test_fault_39_declared_encodings_are_read(name: str, title: str) -> None:
    declared = rss(item(title=title), head=f'<?xml version="1.0" encoding="{name}"?>').encode(name)
    sent = rss(item(title=title)).encode(name)
    for found in (reading(declared), reading(sent, media_type=f"text/xml; charset={name.upper()}")):
        assert [a.headline for a in found.articles] == [title]
        assert found.problems == ()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("head", ["", '<?xml version="1.0" encoding="utf-16"?>'])
def test_fault_39_utf_16_without_its_mark_is_read(encoding: str, head: str) -> None:
    found = reading(rss(item(title="Attaqué à Ségou"), head=head).encode(encoding))
    assert [a.headline for a in found.articles] == ["Attaqué à Ségou"]
    assert found.problems == ("UTF-16 without a byte order mark",)


def test_fault_39_one_broken_byte_after_a_byte_order_mark_costs_one_character() -> None:
    body = b"\xef\xbb\xbf" + rss(item(title="Attaqué à Ségou, décès signalés, blessés évacués X")).encode()
    found = reading(body.replace(b"X", b"\xff"))
    assert [a.headline for a in found.articles] == ["Attaqué à Ségou, décès signalés, blessés évacués \ufffd"]
    assert found.problems == ("damaged UTF-8: some characters were lost",)


def test_fault_40_text_encoded_twice_is_flagged() -> None:
    garbled = "L’armée a été attaquée".encode().decode("cp1252")
    found = reading(rss(item(title=garbled)))
    assert looks_garbled(garbled)
    assert [a.headline for a in found.articles] == [garbled]
    assert found.problems == ("looks garbled: UTF-8 that was once read as Windows-1252",)


@pytest.mark.parametrize("cut", ["</channel>", "</description></item></channel>", "the army said"])
def test_fault_41_what_can_be_read_of_a_malformed_feed_is_read_and_flagged(cut: str) -> None:
    whole = rss(item("<guid>1</guid>"), item("<guid>2</guid>", title="Arms & men"))
    found = reading(whole[: whole.rindex(cut)])
    assert [a.external_id for a in found.articles] == ["1", "2"]
    assert found.problems == ("not well-formed: 2 entries were salvaged",)


def test_fault_42_without_a_guid_the_link_and_else_the_content_is_the_key() -> None:
    assert article("<guid>g-1</guid><link>https://a.example/1</link>").external_id == "g-1"
    assert article("<link>https://a.example/1</link>").external_id == "https://a.example/1"
    alone, again, other = article(), article(), article(title="Another attack")
    assert alone.external_id == again.external_id != other.external_id
    assert alone.external_id.startswith("sha256:")


@pytest.mark.parametrize("field", ["<guid>{}</guid>", "<link>https://a.example/{}</link>"])
def test_fault_46_a_huge_id_is_hashed_and_a_huge_text_cut(field: str) -> None:
    first, second = (article(field.format("g" * 100_000 + end), title="x" * 100_000) for end in "ab")
    assert len(first.external_id) < 100
    assert len(first.headline) == feed.TITLE_MAX
    assert first.headline.endswith("…")
    if "guid" in field:
        assert first.external_id != second.external_id


DATES = {
    "": "no date",
    "<pubDate></pubDate>": "no date",
    "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>": "impossible date left out: published 1970-01-01",
    "<pubDate>Fri, 31 Dec 9999 23:59:59 GMT</pubDate>": "impossible date left out: published 9999-12-31",
    "<pubDate>Sun, 20 Jul 2025 08:00:00 GMT</pubDate>": "impossible date left out: published 2025-07-20",
    f"<pubDate>{'x' * 100_000}</pubDate>": "date not understood",
    f"<pubDate>{'Mon, ' * 20_000}</pubDate>": "date not understood",
}


@pytest.mark.parametrize(("fields", "remark"), DATES.items(), ids=DATES.values())
def test_fault_47_what_cannot_be_true_is_no_date(fields: str, remark: str) -> None:
    found = article(fields)
    assert found.published_at is None  # when it was first seen stands in for it
    assert found.remarks == (remark,)


def test_fault_47_zones_count() -> None:
    found = article("<pubDate>Sun, 08 Jun 2025 09:30:00 +0200</pubDate>")
    assert found.published_at == datetime(2025, 6, 8, 7, 30, tzinfo=UTC)
    assert found.published_at < RETRIEVED_AT


TITLES = {
    "": "Five soldiers were wounded in the attack, the army said on Sunday.",
    "&lt;b&gt;Army&lt;/b&gt; post &lt;i&gt;attacked&lt;/i&gt;": "Army post attacked",
    "&lt;script&gt;alert(1)&lt;/script&gt;Army post": "Army post",
    "word " * 1_000: ("word " * 60)[:294] + "…",
}


@pytest.mark.parametrize(("title", "headline"), TITLES.items(), ids=["empty", "HTML", "script", "5,000 characters"])
def test_fault_49_a_headline_is_text_of_limited_length(title: str, headline: str) -> None:
    found = article(title=title)
    assert found.headline_derived is (title == "")
    if len(title) > feed.TITLE_MAX:
        assert len(found.headline) <= feed.TITLE_MAX
        assert found.headline.endswith("word…")
    else:
        assert found.headline == headline


LINKS = {
    "javascript:alert(1)": None,
    "data:text/html,x": None,
    "file:///etc/passwd": None,
    "//evil.example@good.example/": None,
    "/mali/1": "https://www.river-daily.example/mali/1",
    "2.html": "https://www.river-daily.example/2.html",
    "//other.example/3": "https://other.example/3",
}


@pytest.mark.parametrize(("link", "url"), LINKS.items(), ids=repr)
def test_fault_50_a_link_is_a_web_address_or_none(link: str, url: str | None) -> None:
    assert article(f"<guid>1</guid><link>{link}</link>").url == url
