"""Does a changed article become a version? Types the edit, recognises a page that flips, and caps what is kept.

In: a transaction, the article as it was known and as it is read now. Out: a `NextVersion`. What makes no version is
counted, and said in the record: nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flows.stages.edits import judge_edit
from flows.stages.versions import Tools
from parsers.article import Article
from parsers.formats.furniture import sentence_like
from storage import articles, unkept
from storage.edit_values import Edit, Unkept, WhyUnkept
from storage.engine import Transaction
from storage.values import StoredArticle, StoredVersion

_PAGES = "page:"  # the namespace of web pages
# A corrected article has a handful of versions, a live page of one day, read every quarter of an hour, at most 96:
# from then on it is the page that changes at each fetch, not what it tells. Changed facts are heard somewhat longer,
# for a counter in the text looks like one at each fetch; a retraction is always kept.
MOST_VERSIONS = 96
MOST_VERSIONS_OF_FACT = 192
FLAPPING = timedelta(
    days=7
)  # caches and A/B tests flip within hours; what returns a week later was put back by someone


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVersion:
    """The edit that makes the next version, or None and why none is made; `quiet` tells why it alerts nobody."""

    edit: Edit | None
    reason: str
    quiet: str | None = None


def is_page(article: Article) -> bool:
    """Tell whether an article was read from a web page: its boxes change daily, its sentences do not."""
    return article.namespace.startswith(_PAGES)


def fingerprint_text(article: Article) -> str:
    """Return the text by which versions are told apart: of a page only its heads and sentences."""
    if not is_page(article):
        return article.text
    heads = (article.headline, article.standfirst, article.subheadline)
    return "\n".join((*filter(None, heads), *(sentence_like(article.paragraphs) or article.paragraphs)))


def next_version(
    tx: Transaction, known: StoredArticle, article: Article, text_hash: str, document_id: int, tools: Tools
) -> NextVersion:
    """Return whether a known article has a new version, of which sort, and whether it may alert."""
    last, latest = known.version, _latest_unkept(tx, known)
    if last.article.text == article.text or (is_page(article) and last.text_hash == text_hash):
        if latest and latest[0] != unkept.BACK:
            unkept.add(tx, known.id, document_id=document_id, why=unkept.BACK, now=tools.now)
        return NextVersion(edit=None, reason="unchanged")
    versions = articles.versions(tx, known.id)
    if any(v.article.text == article.text for v in versions) and last.text_hash == text_hash:
        return NextVersion(edit=None, reason="unchanged")  # the same words in a layout that is known
    edit = judge_edit(last.article, article, tools.coder)
    changed_at = latest[1] if latest else last.seen_at
    found = judge_next(versions, edit, text_hash=text_hash, since=tools.now - changed_at)
    if isinstance(found, NextVersion):
        return found
    if found != "flapping" or not latest or latest[0] != found:  # the other text still shows: no change since
        unkept.add(tx, known.id, document_id=document_id, why=found, now=tools.now)
    told = next(u for u in unkept.of_article(tx, known.id) if u.why == found)
    return NextVersion(edit=None, reason=unkept_words(told))


def _latest_unkept(tx: Transaction, known: StoredArticle) -> tuple[str, datetime] | None:
    """Return why and when the article last changed without a version, where that was after its last version.

    It takes two versions for a flip to be left out: of most articles nothing is asked.
    """
    latest = unkept.latest(tx, known.id) if known.version.number > 1 else None
    return latest if latest and latest[1] > known.version.seen_at else None


def judge_next(
    versions: Sequence[StoredVersion], edit: Edit, *, text_hash: str, since: timedelta
) -> NextVersion | WhyUnkept:
    """Return the next version after these, or why none is made; `since` is the time since the last change seen."""
    last = versions[-1]
    had = [v.number for v in versions if v.text_hash == text_hash]
    flips = bool(had) and last.text_hash != text_hash and since <= FLAPPING
    withdrawn = "retraction" in {edit.kind, last.edit.kind if last.edit else None}
    if flips and not (withdrawn and len(had) == 1):  # that a text was withdrawn, or restored, is no flip
        if len(had) > 1 or (last.edit and last.edit.returns_to):
            return "flapping"
        back = f"the text of v{had[0]} is back"
        flip = replace(edit, reasons=(*edit.reasons, back), returns_to=had[0])
        return NextVersion(edit=flip, reason=back, quiet=f"the page flips between two texts: {back}")
    most = MOST_VERSIONS_OF_FACT if edit.kind == "fact" else MOST_VERSIONS
    if len(versions) >= most and edit.kind != "retraction":
        return "too many"
    words = "; ".join(edit.reasons)
    quiet = f"the edit is trivial: {words}" if edit.kind == "trivial" else None
    return NextVersion(edit=edit, reason=f"{edit.kind} edit: {words}", quiet=quiet)


def unkept_words(missed: Unkept) -> str:
    """Return what was not kept as a person would say it."""
    why = {
        "flapping": "the page flips between texts that are known",
        "too many": f"the page changes all the time: {MOST_VERSIONS} versions are kept",
    }
    return f"{missed.changes} further change{'s' if missed.changes > 1 else ''} not kept: {why[missed.why]}"
