"""OPML: feeds go out and come back as they were, and a list that could harm is refused."""

from __future__ import annotations

import pytest

from parsers.errors import ParseError
from parsers.opml import Outline, read_opml, write_opml

ODD = (
    Outline(title="L'Aube du Sahel", feed="https://aube.example/rss", page="https://aube.example/", language="fr"),
    Outline(title="\"Quoted\" & <marked> 'twice'", feed="https://a.example/?x=1&y=<2>"),
    Outline(title="أخبار مالي", feed="https://b.example/%D9%85", language="ar"),
)


def read(body: bytes) -> tuple[Outline, ...]:
    return read_opml(body, name="list.opml")


def listed(*outlines: str, head: str = "") -> bytes:
    return f'{head}<opml version="2.0"><body>{"".join(outlines)}</body></opml>'.encode()


def test_what_is_written_is_read_again() -> None:
    written = write_opml(ODD, title="Sources & <co>")
    assert read(written) == ODD
    assert write_opml(read(written), title="Sources & <co>") == written


def test_a_list_of_nothing_is_read() -> None:
    assert read(write_opml((), title="none")) == ()


def test_outlines_within_outlines_are_found_in_their_order() -> None:
    inner = '<outline text="Mali"><outline text="one" xmlUrl="https://one.example/"/></outline>'
    assert [o.title for o in read(listed(inner, '<outline text="two" xmlUrl="https://two.example/"/>'))] == [
        "one",
        "two",
    ]


TITLES = {
    'title="long" text="short"': "long",
    'text="short"': "short",
    'title="" text=" padded "': "padded",
    "": "https://one.example/",
}


@pytest.mark.parametrize(("attributes", "title"), TITLES.items(), ids=repr)
def test_a_title_is_found(attributes: str, title: str) -> None:
    (found,) = read(listed(f'<outline {attributes} xmlUrl=" https://one.example/ "/>'))
    assert (found.title, found.feed) == (title, "https://one.example/")


def test_what_has_no_address_is_left_out() -> None:
    assert read(listed('<outline text="a folder"/>', '<outline text="blank" xmlUrl="  "/>')) == ()


def test_an_address_is_listed_once() -> None:
    again = '<outline text="{}" xmlUrl="https://one.example/"/>'
    assert len(read(listed(again.format("a"), again.format("b")))) == 1


BOMB = '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
NAMED = '<outline text="&a;" xmlUrl="https://one.example/"/>'
REFUSED = {
    "entities": (listed(NAMED, head=BOMB), "declares entities"),
    "entity of a file": (listed(NAMED, head=OUTSIDE), "declares entities"),
    "document type elsewhere": (listed(head='<!DOCTYPE opml SYSTEM "http://a.example/x.dtd">'), "declares entities"),
    "undeclared entity": (listed(NAMED), "is no XML"),
    "nothing": (b"", "is no XML"),
    "cut off": (listed()[:-4], "is no XML"),
    "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><opml/>', "is no XML"),
    "a feed": (b"<rss><channel/></rss>", "is no OPML: its root is 'rss'"),
    "too large": (listed(" " * 5_000_000), "larger than 5,000,000 bytes"),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_list_is_refused_by_name(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(body)
    assert caught.value.document == "list.opml"
    assert reason in caught.value.reason


def test_entities_are_refused_in_every_encoding() -> None:
    head = '<?xml version="1.0" encoding="UTF-16"?>' + BOMB
    with pytest.raises(ParseError, match="declares entities"):
        read(listed(NAMED, head=head).decode().encode("utf-16"))
