"""Prints the texts that were recorded under another version of the prints, so that what comes finds them again.

In: a store. Out: how many article versions were printed. What was judged stays as it is; nothing is judged anew.
"""

from __future__ import annotations

from flows.stages.deduplicate import Verdict, remember
from flows.stages.record import print_article
from storage import articles, duplicates, fingerprints
from storage.engine import Store
from storage.values import Judgement

BATCH = 500  # texts a transaction, about a second


def reprint(store: Store) -> int:
    """Keep the prints of all texts that have none of this version; nothing to do costs one query."""
    done = 0
    while True:
        with store.read() as tx:  # most runs end here, and hold up no writer
            waiting = fingerprints.unprinted(tx, limit=BATCH)
        if not waiting:
            return done
        with store.write() as tx:
            waiting = fingerprints.unprinted(tx, limit=BATCH)
            standing = duplicates.standing(tx)
            for version in articles.versions_by_id(tx, waiting):
                remember(
                    tx,
                    print_article(version.article),
                    article_id=version.article_id,
                    version_id=version.id,
                    at=version.article.published_at or version.seen_at,
                    copy=_verdict(standing.get(version.article_id)),
                    counted=version.number == 1,
                )
        done += len(waiting)


def _verdict(judged: Judgement | None) -> Verdict | None:
    if judged is None:
        return None
    return Verdict(original=judged.right, kind=judged.kind, score=judged.score, reasons=judged.reasons)
