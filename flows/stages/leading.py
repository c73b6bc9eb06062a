"""Whether an article can lead its group of duplicates, in place of the one that was seen first.

In: a transaction and an article. Out: why it cannot, or None. Changes nothing.
"""

from __future__ import annotations

from flows.stages.edits import is_withdrawal
from storage import duplicates
from storage.engine import Transaction
from storage.values import StoredArticle


def objection(tx: Transaction, article: StoredArticle) -> str | None:
    """Return why an article can lead no group; None where it can."""
    if not any(judged.undone_at is None for judged in duplicates.judgements(tx, article.id)):
        return f"{article.public_id} is in no group: it repeats no article, and none repeats it"
    version = article.version
    if is_withdrawal(version.article) or (version.edit and version.edit.kind == "retraction"):
        return f"{article.public_id} was withdrawn (v{version.number}): it can lead no group"
    return None
