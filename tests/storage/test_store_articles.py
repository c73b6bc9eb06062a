"""What storage promises of articles, on SQLite and on Postgres."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import articles, mentions
from storage.errors import NotFoundError


def test_an_article_comes_back_whole(store, given):
    article = given.article(remarks=("odd date",), authors=("A. Traoré",), standfirst="Вагнер", modified_at=given.at(5))
    with store.write() as tx:
        kept = given.add_article(tx, article, url_key="example.org/one")
    with store.read() as tx:
        found = articles.get(tx, kept.id)
        assert found == kept
        assert found.version.article == article
        assert (found.public_id, found.url_key, found.version.number, found.version.family) == (
            "A1",
            "example.org/one",
            1,
            "Le Courrier du Fleuve",
        )
        assert articles.find(tx, article.identity) == kept
        assert articles.find(tx, "0" * 64) is None


def test_versions_are_added_and_seen_as_they_stood(store, given):
    first = given.article()
    second = replace(first, headline="Fourteen soldiers killed near Tessit")
    with store.write() as tx:
        given.add_article(tx, first, now=given.at(0))
        given.add_article(tx, second, now=given.at(60), relevance="context", url_key="example.org/one")
        given.add_article(tx, given.article("two"), now=given.at(90))
    with store.read() as tx:
        assert articles.get(tx, 1).version.article == second
        assert articles.get(tx, 1).first_seen_at == given.at(0)
        assert articles.get(tx, 1, as_of=given.at(59)).version.article == first
        assert articles.get(tx, 1, as_of=given.at(60)).version.number == 2
        assert [version.number for version in articles.versions(tx, 1)] == [1, 2]
        assert [article.id for article in articles.every(tx)] == [2, 1]
        assert [article.id for article in articles.every(tx, limit=1)] == [2]
        assert [article.id for article in articles.every(tx, relevance="context")] == [1]
        assert [article.id for article in articles.every(tx, relevance="context", as_of=given.at(30))] == []
        assert [article.version.number for article in articles.every(tx, as_of=given.at(30))] == [1]
        assert [article.version.number for article in articles.by_url_key(tx, "example.org/one")] == [2]
        with pytest.raises(NotFoundError, match="no article A1 at 2025-06-07T11:59"):
            articles.get(tx, 1, as_of=given.at(-1))
        for unknown in (articles.get, articles.versions):
            with pytest.raises(NotFoundError, match="no article A9"):
                unknown(tx, 9)


def test_articles_are_found_by_their_keys_however_long(store, given):
    long = "https://example.org/" + "é" * 100_000
    with store.write() as tx:
        one = given.add_article(tx, given.article(long), url_key=long, text_hash="a" * 64)
        two = given.add_article(tx, given.article(long, namespace="wire"), text_hash="b" * 64)
        three = given.add_article(tx, given.article("three"), url_key=long, text_hash="a" * 64)
        assert articles.by_external_id(tx, long) == (one, two)
        assert articles.by_url_key(tx, long) == (one, three)
        assert articles.by_text_hash(tx, "a" * 64) == (one, three)
        assert articles.by_external_id(tx, "x") == articles.by_url_key(tx, "x") == articles.by_text_hash(tx, "x") == ()


def test_a_text_is_found_under_the_version_that_had_it_last(store, given):
    with store.write() as tx:
        for number, text_hash in enumerate(["a" * 64, "b" * 64, "a" * 64, "b" * 64]):
            given.add_article(tx, text_hash=text_hash, now=given.at(number))
        assert [found.version.number for found in articles.by_text_hash(tx, "a" * 64)] == [3]
        assert [found.version.number for found in articles.by_text_hash(tx, "b" * 64)] == [4]


def test_known_identities_are_told_from_new_ones_however_many(store, given):
    kept = [given.article(f"{number}") for number in range(3)]
    new = [given.article(f"new {number}").identity for number in range(3 * articles.IDENTITIES_A_QUERY)]
    with store.write() as tx:
        for article in kept:
            given.add_article(tx, article)
    known = {article.identity for article in kept}
    asked = sorted(known | set(new))
    places = [asked.index(identity) // articles.IDENTITIES_A_QUERY for identity in known]
    assert len(set(places)) > 1  # the known ones are found by more than one query
    with store.read() as tx:
        assert articles.known_identities(tx, [*new, *known, *known]) == known
        assert articles.known_identities(tx, new) == articles.known_identities(tx, ()) == frozenset()


def test_recent_lines_are_those_of_the_newest_articles_of_a_family_as_they_are_now(store, given):
    def keep(tx, external_id: str, *lines: str, family: str = "courrier") -> None:
        given.add_article(tx, given.article(external_id, paragraphs=lines), family=family)

    with store.write() as tx:
        keep(tx, "one", "first", "Subscribe")
        keep(tx, "two", "second", "Subscribe")
        keep(tx, "three", "third", family="maliweb")
        keep(tx, "four", "fourth", "Subscribe", "Share")
        keep(tx, "moved", "gone", family="courrier")
        keep(tx, "moved", "gone", family="maliweb")
        keep(tx, "one", "first, corrected", "Subscribe")  # a new version makes no new article
    with store.read() as tx:
        assert articles.recent_lines(tx, family="courrier", limit=2) == (
            ("fourth", "Subscribe", "Share"),
            ("second", "Subscribe"),
        )
        assert articles.recent_lines(tx, family="courrier", limit=9)[2:] == (("first, corrected", "Subscribe"),)
        assert articles.recent_lines(tx, family="maliweb", limit=9) == (("gone",), ("third",))
        assert articles.recent_lines(tx, family="unknown", limit=9) == ()


def test_the_name_of_a_family_may_be_long(store, given):
    long = "".join(map(chr, range(0x4E00, 0x9000)))  # no compression makes it fit a page of an index
    with store.write() as tx:
        given.add_article(tx, family=long)
        assert articles.recent_lines(tx, family=long, limit=1) == ((given.sentence,),)


def test_characters_that_a_database_refuses_are_replaced_and_spans_hold(store, given):
    article = given.article(headline="a\0b\ud800c")
    with store.write() as tx:
        given.add_article(tx, replace(article, headline="plain"), text_hash="x")
        kept = articles.add(
            tx,
            article,
            url_key=None,
            document_id=1,
            text_hash="y",
            language=None,
            family="f\0",
            relevance="relevant",
            relevance_reasons=("\0",),
            now=given.noon,
        )
        mentions.add(tx, kept.version.id, [given.mention(article, quote="a\0b", start=0, end=3)])
        tx.expire_all()
        version = articles.get(tx, kept.id).version
        mention = mentions.of_version(tx, version.id)[0].mention
    assert version.article.headline == "a\ufffdb\ufffdc"
    assert (version.family, version.relevance_reasons) == ("f\ufffd", ("\ufffd",))
    assert mention.quote == version.article.text[mention.start : mention.end] == "a\ufffdb"


def test_mentions_keep_their_order(store, given):
    article = given.article()
    with store.write() as tx:
        first, second = given.add_article(tx, article), given.add_article(tx, article)
        said = [given.mention(article, ordinal, claimant=str(ordinal)) for ordinal in range(3)]
        late = mentions.add(tx, second.version.id, said[:1])
        early = mentions.add(tx, first.version.id, reversed(said))
        tx.expire_all()
        assert [one.mention for one in mentions.of_version(tx, first.version.id)] == said
        assert [one.id for one in early] == [2, 3, 4]
        assert mentions.of_article(tx, 1) == (*reversed(early), *late)
        assert mentions.of_article(tx, 2) == mentions.of_version(tx, 3) == ()


def test_the_same_inputs_give_the_same_ids(new_database, given):
    from storage.engine import open_store

    def ids() -> list[int]:
        store = open_store(new_database())
        found = []
        for batch in range(3):
            with store.write() as tx:
                for number in range(5):
                    kept = given.add_mention(tx, given.article(f"{batch}-{number}"))
                    found.append((kept.version_id, kept.id))
        store.close()
        return found

    assert ids() == ids() == [(number, number) for number in range(1, 16)]
