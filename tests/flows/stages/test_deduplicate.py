"""The cascade on rows: rewrites, the seeds, any order and any batches, versions apart, and what never comes back."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.stages import deduplicate
from flows.stages.deduplicate import Verdict, expect, find_original, judge_pair, prints_of, remember
from flows.stages.paraphrases import PARAPHRASE
from parsers.article import Document
from parsers.formats.article_file import read
from storage.engine import Store, open_store
from tests.flows.runs import SEED_0, SEED_1
from tests.flows.stages.test_copies import prose

CASES = Path(__file__).parents[2] / "cases" / "dedup"
NOON = datetime(2025, 6, 7, 12, tzinfo=UTC)
Text = tuple[str, str]  # headline, text

EVENT = (
    "Gunmen on motorbikes ambushed a convoy of lorries near Ansongo on Tuesday and killed 14 drivers, the governor of "
    "Gao, Moussa Traoré, told Radio Aadar. Nine lorries with onions and gas bottles burnt on the road to Labbezanga. "
    "Patrols from the post at Fafa came after three hours. The drivers' union of Gao stopped all journeys until Sunday."
)
REWRITE = (
    "Fourteen lorry drivers lost their lives on Tuesday when a convoy was waylaid by men on motorbikes near Ansongo. "
    "Moussa Traoré, who governs Gao, said on Radio Aadar that nine of the lorries, which carried onions and bottles of "
    "gas, went up in flames on the Labbezanga road. It took the patrols of Fafa three hours to come. Until Sunday no "
    "journeys will be made, the union of drivers in Gao decided."
)
OTHER_NEWSROOM = (
    "The road between Gao and Niger has become a trap for traders. In the worst attack since January, a dozen and more "
    "drivers died near Ansongo, according to Aïcha Maïga, who sells onions in the town and lost her brother. The army "
    "wants to open two posts and asks the drivers to travel with escorts from Bourem. Prices of onions doubled."
)


def seed(path: Path) -> Text:
    """Return headline and text of a seed document."""
    document = Document(source="seeds", name=path.name, body=path.read_bytes(), retrieved_at=NOON)
    (article,) = read(document).articles
    return article.headline, article.text


def feed(
    store: Store, texts: Sequence[Text], *, batch: int = 1, first: int = 1, ahead: bool = False
) -> list[Verdict | None]:
    """Give texts to a store, so many a transaction, an hour apart; return what was judged on each."""
    found = []
    for start in range(0, len(texts), batch):
        with store.write() as tx:
            if ahead:
                coming = enumerate(texts[start : start + batch], start=first + start)
                expect(tx, [(prints_of(*text), NOON + timedelta(hours=number)) for number, text in coming])
            for number, (headline, text) in enumerate(texts[start : start + batch], start=first + start):
                at, prints = NOON + timedelta(hours=number), prints_of(headline, text)
                verdict = find_original(tx, prints, at=at)
                remember(tx, prints, article_id=number, version_id=number, at=at, copy=verdict)
                found.append(verdict)
    return found


def groups(texts: Sequence[Text], verdicts: Sequence[Verdict | None]) -> set[frozenset[Text]]:
    """Return the texts by the leader of their group."""
    leaders: dict[int, int] = {}
    members: dict[int, set[Text]] = {}
    for number, verdict in enumerate(verdicts, start=1):
        leaders[number] = leaders[verdict.original] if verdict else number
        members.setdefault(leaders[number], set()).add(texts[number - 1])
    return {frozenset(group) for group in members.values()}


def test_a_rewrite_joins_its_seed_and_the_seeds_stand_apart(store: Store) -> None:
    rewrite = seed(CASES / "rewrite_of_001.txt")
    verdicts = feed(store, [seed(SEED_0), seed(SEED_1), rewrite])
    assert verdicts[:2] == [None, None]
    found = verdicts[2]
    assert found is not None
    assert (found.original, found.kind) == (2, "paraphrase")
    assert found.score >= PARAPHRASE
    assert any("bouli" in reason for reason in found.reasons)  # what both name
    assert deduplicate.ALGORITHM in found.reasons


@pytest.mark.parametrize("change", [str, str.upper, str.lower], ids=["as written", "all capitals", "no capitals"])
def test_a_rewrite_is_found_with_and_without_capitals(store: Store, change: type[str]) -> None:
    known = [("Drivers killed near Ansongo", EVENT), ("Rain in Sikasso", f"{prose(80)}.")]
    verdicts = feed(store, [*known, (change("Ambush on the onion road"), change(REWRITE))])
    assert [v and (v.original, v.kind) for v in verdicts] == [None, None, (1, "paraphrase")]


@pytest.mark.parametrize(
    "text",
    [
        OTHER_NEWSROOM,
        REWRITE.replace("Tuesday", "Thursday").replace("Sunday", "Friday"),
        REWRITE.replace("Fourteen lorry drivers", "Forty drivers").replace("nine of the lorries", "two of the lorries"),
    ],
    ids=["another newsroom", "another day", "other figures"],
)
def test_what_another_newsroom_saw_or_another_event_stands_apart(store: Store, text: str) -> None:
    assert feed(store, [("Drivers killed near Ansongo", EVENT), ("On the road", text)])[1] is None


FORM = (
    "The ferry of {place} crosses at {times} from the quay of the grain office. Lorries pay as they did last season, "
    "travellers on foot board before animals, and whoever brings more than a cart of goods declares it to the agent "
    "of the port in the evening. In strong wind the pilot decides. Complaints go to the river company in {seat}."
)


@pytest.mark.parametrize(("place", "times", "seat"), [("Diré", "8 and 15", "Mopti"), ("Tonka", "7 and 16", "Gao")])
def test_one_form_filled_in_twice_is_neither_copy_nor_rewrite(store: Store, place: str, times: str, seat: str) -> None:
    first = ("Ferry times", FORM.format(place="Niafunké", times="6 and 17", seat="Mopti"))
    again = ("Ferry times", FORM.format(place=place, times=times, seat=seat))
    assert feed(store, [first, again]) == [None, None]


def test_headlines_that_count_otherwise_tell_of_two_reports(store: Store) -> None:
    titles = ("Fourteen drivers killed near Ansongo", "Twelve dead in ambush on the onion road")
    text = REWRITE.replace("Fourteen lorry", "Twelve lorry")
    assert feed(store, [(titles[0], EVENT), (titles[1], text)])[1] is None


def test_a_duplicate_of_a_duplicate_is_of_the_same_group(store: Store) -> None:
    text = prose(200)
    texts = [("One", text), ("One", text), ("Two", f"{text} {prose(20, 3)}"), ("Two", f"{text} {prose(20, 3)}")]
    verdicts = feed(store, texts)
    assert [v and v.kind for v in verdicts] == [None, "exact", "near", "exact"]
    assert len(groups(texts, verdicts)) == 1


def corpus() -> list[Text]:
    """Return texts of their own with copies of several kinds, and one event with its rewrite."""
    texts = [("Drivers killed near Ansongo", EVENT), ("Ambush on the onion road", REWRITE)]
    for number in range(12):
        text = prose(120, seed=50 + number)
        texts.append((f"Story {number}", text))
        if number % 2:
            texts.append((f"Story {number}", f"{prose(12, seed=90 + number)} {text}"))
        if number % 3 == 0:
            texts.append((f"Retold {number}", text.upper()))
    return texts


@pytest.mark.parametrize("order", range(4))
def test_any_order_and_any_batches_give_the_same_groups(store: Store, order: int) -> None:
    texts = corpus()
    wanted = 13
    random.Random(order).shuffle(texts)
    found = groups(texts, feed(store, texts, batch=(1, 3, 7, 100)[order]))
    assert len(found) == wanted
    assert sum(map(len, found)) == len(set(texts))


@pytest.mark.parametrize("batch", [2, 5, 100])
def test_verdicts_are_the_same_whatever_the_batches(new_database: Callable[[], str], batch: int) -> None:
    texts, found = corpus(), []
    for size, ahead in ((1, False), (batch, False), (batch, True)):
        with closing(open_store(new_database())) as store:
            found.append(feed(store, texts, batch=size, ahead=ahead))
    assert any(found[0])
    assert found[0] == found[1] == found[2]


def test_prints_of_another_version_are_never_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    text = ("One", prose(200))
    feed(store, [text])
    for name in ("TEXT", "PASSAGE", "ANCHOR"):
        monkeypatch.setattr(deduplicate, name, f"{name}/of another version")
    assert feed(store, [text], first=2) == [None]


def test_two_texts_are_judged_without_rows() -> None:
    one, other, third = prints_of("A", EVENT), prints_of("B", REWRITE), prints_of("C", OTHER_NEWSROOM)
    near = timedelta(hours=3)
    verdict = judge_pair(other, one, apart=near, frequencies={}, articles=0, original=7)
    assert verdict is not None
    assert (verdict.original, verdict.kind) == (7, "paraphrase")
    assert judge_pair(third, one, apart=near, frequencies={}, articles=0) is None
    assert judge_pair(other, one, apart=timedelta(days=15), frequencies={}, articles=0) is None
    assert judge_pair(one, one, apart=near, frequencies={}, articles=0) is not None


def test_texts_without_a_word_are_no_copies_of_each_other(store: Store) -> None:
    assert feed(store, [("", ""), ("…", "🔥"), ("", "—")]) == [None, None, None]
    assert judge_pair(prints_of("", ""), prints_of("…", "🔥"), apart=timedelta(), frequencies={}, articles=0) is None
