"""Which changes of a page become versions: flips between two texts, retractions, and one change too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.stages.editions import (
    FLAPPING,
    MOST_VERSIONS,
    MOST_VERSIONS_OF_FACT,
    NextVersion,
    judge_next,
    unkept_words,
)
from parsers.article import Article
from storage.edit_values import Edit, EditKind, Unkept
from storage.values import StoredVersion

NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def edit(kind: EditKind = "wording", returns_to: int | None = None) -> Edit:
    return Edit(kind=kind, reasons=("headline reworded",), returns_to=returns_to)


def versions(*told: tuple[str, Edit | None]) -> list[StoredVersion]:
    return [
        StoredVersion(
            id=number, article_id=1, number=number, document_id=number,
            article=Article(external_id="a", namespace="n", format="f", headline=text, paragraphs=()),
            text_hash=text, language=None, family="f", relevance="relevant", relevance_reasons=(), seen_at=NOON,
            edit=how,
        )
        for number, (text, how) in enumerate(told, start=1)
    ]  # fmt: skip


def kept(*told: tuple[str, Edit | None], text: str, how: Edit | None = None, since: timedelta = HOUR) -> NextVersion:
    found = judge_next(versions(*told), how or edit(), text_hash=text, since=since)
    assert isinstance(found, NextVersion)
    return found


def test_another_text_is_a_version_that_may_alert() -> None:
    assert kept(("A", None), text="B") == NextVersion(edit=edit(), reason="wording edit: headline reworded")


def test_a_trivial_edit_is_kept_and_quiet() -> None:
    found = kept(("A", None), text="A", how=edit("trivial"))
    assert found.edit == edit("trivial")
    assert found.quiet == "the edit is trivial: headline reworded"


def test_the_first_text_that_returns_is_kept_as_a_flip_and_quiet() -> None:
    found = kept(("A", None), ("B", edit()), text="A", how=edit("fact"))
    assert found.edit is not None
    assert (found.edit.kind, found.edit.returns_to) == ("fact", 1)
    assert found.edit.reasons[-1] == "the text of v1 is back"
    assert found.quiet == "the page flips between two texts: the text of v1 is back"


@pytest.mark.parametrize("text", ["A", "B"])
def test_further_flips_are_not_kept(text: str) -> None:
    told = [("A", None), ("B", edit()), ("A", edit(returns_to=1))]
    if text == "A":
        told.append(("C", edit()))
    assert judge_next(versions(*told), edit("fact"), text_hash=text, since=HOUR) == "flapping"


def test_what_was_put_back_much_later_is_no_flip() -> None:
    late = FLAPPING + HOUR
    assert kept(("A", None), ("B", edit()), text="A", since=late).quiet is None
    assert kept(("A", None), ("B", edit()), ("A", edit(returns_to=1)), text="B", since=late).edit == edit()


def test_a_text_withdrawn_and_restored_and_withdrawn_is_told_each_time_and_then_flips() -> None:
    gone = edit("retraction")
    told: list[tuple[str, Edit | None]] = [("A", None), ("gone", gone)]
    assert kept(*told, text="A") == NextVersion(edit=edit(), reason="wording edit: headline reworded")
    told.append(("A", edit()))
    assert kept(*told, text="gone", how=gone).edit is not None
    told.append(("gone", gone))
    assert judge_next(versions(*told), edit(), text_hash="A", since=HOUR) == "flapping"


@pytest.mark.parametrize(
    ("kind", "most"), [("wording", MOST_VERSIONS), ("trivial", MOST_VERSIONS), ("fact", MOST_VERSIONS_OF_FACT)]
)
def test_a_page_that_changes_at_each_fetch_is_capped(kind: EditKind, most: int) -> None:
    told = [(str(n), edit() if n else None) for n in range(most)]
    assert kept(*told[:-1], text="new", how=edit(kind)).edit == edit(kind)
    assert judge_next(versions(*told), edit(kind), text_hash="new", since=HOUR) == "too many"


def test_a_retraction_is_kept_whatever_the_number() -> None:
    told = [(str(n), edit() if n else None) for n in range(MOST_VERSIONS_OF_FACT + 1)]
    assert kept(*told, text="gone", how=edit("retraction")).edit == edit("retraction")


def test_what_is_not_kept_is_counted_in_words() -> None:
    once = Unkept(why="flapping", changes=1, last_seen_at=NOON)
    often = Unkept(why="too many", changes=7, last_seen_at=NOON)
    assert unkept_words(once) == "1 further change not kept: the page flips between texts that are known"
    assert unkept_words(often).startswith("7 further changes not kept: the page changes all the time")
