"""The catalogue of sources: the one that comes with the house loads, and what is wrong in another is said by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.stages.catalogue import key_of, load_catalogue, opml_of_sources, source_of_address, sources_of_opml
from parsers.errors import LexiconError, ParseError
from storage.source_values import Source
from tests.flows.runs import ROOT

SEEDS_FILE = ROOT / "seeds" / "sources.toml"
FEED = '[[source]]\nkey = "desk"\nkind = "feed"\naddress = "https://desk.example/rss"\n'


def written(folder: Path, text: str) -> Path:
    """Write a catalogue into a folder."""
    file = folder / "sources.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_catalogue_of_the_house_loads() -> None:
    found = load_catalogue(SEEDS_FILE)
    assert len({s.key for s in found}) == len(found) > 1
    assert all(s.family for s in found if s.kind not in {"files", "inbox"})


def test_only_the_seed_articles_are_on_and_verified() -> None:
    found = load_catalogue(SEEDS_FILE)
    assert [s.key for s in found if s.enabled] == ["seed-articles"]
    assert [s.key for s in found if s.verified] == ["seed-articles"]


def test_the_seed_articles_are_where_the_catalogue_says() -> None:
    (seeds,) = [s for s in load_catalogue(SEEDS_FILE) if s.key == "seed-articles"]
    assert (seeds.kind, Path(seeds.address)) == ("files", ROOT / "seeds" / "articles")


def test_what_a_row_does_not_say_is_cautious(tmp_path: Path) -> None:
    assert load_catalogue(written(tmp_path, FEED)) == (
        Source(key="desk", kind="feed", address="https://desk.example/rss", family="desk", enabled=False),
    )


def test_what_a_row_says_is_kept(tmp_path: Path) -> None:
    more = (
        'outlet = "BBC News"\nlanguage = "en"\nenabled = true\ncountry = "Mali"\ntier = 2\ninterval_minutes = 60\n'
        'expected_per_week = 7.5\nprovenance = "state_media"\nverified = false\nfetch_pages = true\n'
    )
    (found,) = load_catalogue(written(tmp_path, FEED + more))
    assert found == Source(
        key="desk",
        kind="feed",
        address="https://desk.example/rss",
        outlet="BBC News",
        language="en",
        enabled=True,
        family="bbc",
        country="Mali",
        tier=2,
        interval_minutes=60,
        expected_per_week=7.5,
        provenance="state_media",
        verified=False,
        fetch_pages=True,
    )


@pytest.mark.parametrize("kind", ["files", "inbox"])
def test_a_local_address_is_relative_to_the_file(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (found,) = load_catalogue(written(tmp_path, f'[[source]]\nkey = "in"\nkind = "{kind}"\naddress = "drop"\n'))
    assert (found.address, found.family) == (str(tmp_path / "drop"), None)


def test_an_empty_catalogue_names_no_source(tmp_path: Path) -> None:
    assert load_catalogue(written(tmp_path, "")) == ()


FAULTS = {
    "two of one key": (FEED + FEED, "two sources have the key desk"),
    "unknown field": (FEED + "colour = 1\n", "colour"),
    "unknown table": (FEED + "[[sources]]\n", "sources"),
    "unknown kind": (FEED.replace('"feed"', '"gopher"'), "kind"),
    "no address": (FEED.replace("https://desk.example/rss", ""), "address"),
    "address of no web": (FEED.replace("https:", "ftp:"), "desk: 'ftp://desk.example/rss' is no address of the web"),
    "address with a password": (FEED.replace("//", "//me:secret@"), "is no address of the web"),
    "path for an address": (FEED.replace("https://desk.example/", "feeds/"), "is no address of the web"),
    "key with a space": (FEED.replace('"desk"', '"the desk"'), "key"),
    "key in capitals": (FEED.replace('"desk"', '"DESK"'), "key"),
    "tier": (FEED + "tier = 5\n", "tier"),
    "language by name": (FEED + 'language = "french"\n', "language"),
    "no pause": (FEED + "interval_minutes = 0\n", "interval_minutes"),
    "nothing a week": (FEED + "expected_per_week = 0\n", "expected_per_week"),
    "unknown provenance": (FEED + 'provenance = "friends"\n', "provenance"),
    "no TOML": ("[[source]\n", "is no TOML"),
}


@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_names_the_file_and_what_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    with pytest.raises(LexiconError) as caught:
        load_catalogue(file)
    assert caught.value.file == str(file)
    assert said in caught.value.reason


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_catalogue(tmp_path / "nowhere.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LexiconError, match="is no TOML"):
        load_catalogue(tmp_path / "sources.toml")


KEYS = {
    "https://www.desk.example/mali/rss.xml": "desk-example-mali-rss-xml",
    "http://DESK.example/": "desk-example",
    "https://desk.example/?cat=7&feed=rss2": "desk-example-cat-7-feed-rss2",
    "https://desk.example/" + "a" * 300: "desk-example-" + "a" * 87,
    "///": "source",
}


@pytest.mark.parametrize(("address", "key"), KEYS.items(), ids=str)
def test_a_key_is_made_from_an_address(address: str, key: str) -> None:
    assert key_of(address) == key


def test_an_address_becomes_a_source() -> None:
    found = source_of_address("https://www.bbc.co.uk/afrique/rss", kind="sitemap")
    assert (found.key, found.kind, found.family) == ("bbc-co-uk-afrique-rss", "sitemap", "bbc")
    assert source_of_address("https://desk.example/rss", key="desk").key == "desk"


@pytest.mark.parametrize("address", ["desk", "", "javascript:alert(1)", "https://me:word@desk.example/"])
def test_what_is_no_address_is_no_source(address: str) -> None:
    with pytest.raises(LexiconError, match="is no address of the web"):
        source_of_address(address)


def test_feeds_go_out_and_come_back_switched_off() -> None:
    feeds = [
        Source(key="a", kind="feed", address="https://a.example/rss?x=1&y=2", outlet='L\'"Aube" & Cie', language="fr"),
        Source(key="b", kind="json_feed", address="https://b.example/feed.json", fetch_pages=True),
        Source(key="c", kind="files", address="/somewhere"),
        Source(key="d", kind="listing", address="https://d.example/"),
    ]
    back = sources_of_opml(opml_of_sources(feeds), name="list.opml")
    assert [(s.address, s.outlet, s.language) for s in back] == [
        ("https://a.example/rss?x=1&y=2", 'L\'"Aube" & Cie', "fr"),
        ("https://b.example/feed.json", "b", None),
    ]
    assert not any(s.enabled or s.verified for s in back)


def test_feeds_without_an_address_of_the_web_are_left_out() -> None:
    listed = b'<opml><body><outline xmlUrl="file:///etc/passwd"/><outline xmlUrl="https://a.example/"/></body></opml>'
    assert [s.address for s in sources_of_opml(listed, name="list.opml")] == ["https://a.example/"]


def test_a_list_that_is_none_is_named() -> None:
    with pytest.raises(ParseError, match=r"^list\.opml: "):
        sources_of_opml(b"not a list", name="list.opml")


def test_two_feeds_have_two_keys() -> None:
    listed = (
        b'<opml><body><outline xmlUrl="https://a.example/x-y"/><outline xmlUrl="https://a.example/x/y"/></body></opml>'
    )
    assert len({s.key for s in sources_of_opml(listed, name="list.opml")}) == 2
