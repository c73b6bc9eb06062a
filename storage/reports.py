"""The evidence of developments: which clause of which article speaks of them, and what was decided on it.

In: a transaction and development ids. Out: Report values, read from the rows of decisions,
mentions and article versions; nothing is copied, so evidence cannot drift from its article.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import col, or_, select

from storage import regrouping
from storage.engine import Transaction
from storage.tables import ArticleRow, ArticleVersionRow, DecisionRow, MentionRow
from storage.values import Report


def of_developments(
    tx: Transaction, ids: Collection[int], *, as_of: datetime | None = None
) -> dict[int, tuple[Report, ...]]:
    """Return the reports of each development, in the order they were decided."""
    parts = regrouping.merges(tx, as_of=as_of)
    groups = regrouping.members(ids, parts)
    wanted = {member for group in groups.values() for member in group}
    moves = regrouping.moves(tx, as_of=as_of)
    arrived = {mention for (mention, _), home in moves.items() if home in wanted}
    query = (
        select(DecisionRow, MentionRow, ArticleVersionRow, ArticleRow.external_id)
        .join(MentionRow, col(MentionRow.id) == DecisionRow.mention_id)
        .join(ArticleVersionRow, col(ArticleVersionRow.id) == MentionRow.version_id)
        .join(ArticleRow, col(ArticleRow.id) == ArticleVersionRow.article_id)
        .where(or_(col(DecisionRow.development_id).in_(wanted), col(DecisionRow.mention_id).in_(arrived)))
        .order_by(col(DecisionRow.id))
    )
    if as_of is not None:
        query = query.where(col(DecisionRow.decided_at) <= as_of)
    found: defaultdict[int, list[Report]] = defaultdict(list)
    for decision, mention, version, external_id in tx.exec(query):
        home = moves.get((mention.id, decision.watch), decision.development_id)
        if home is not None:
            found[home].append(_report(decision, mention, version, external_id))
    return {i: told for i, group in groups.items() if (told := _of_group(found, group))}


def _of_group(found: Mapping[int, list[Report]], group: Collection[int]) -> tuple[Report, ...]:
    """Return the reports of a development and of those merged into it, in the order they were decided."""
    together = [report for member in group for report in found.get(member, ())]
    return tuple(sorted(together, key=lambda r: (r.decided_at, r.mention_id))) if len(group) > 1 else tuple(together)


def _report(decision: DecisionRow, mention: MentionRow, version: ArticleVersionRow, external_id: str) -> Report:
    said = mention.body
    return Report(
        mention_id=mention.id,
        version_id=version.id,
        article_id=version.article_id,
        external_id=external_id,
        outlet=version.outlet,
        family=version.family,
        url=version.url,
        role=decision.role,
        claimant=said.claimant,
        attributed_to=said.attributed_to,
        quote=said.quote,
        start=said.start,
        end=said.end,
        rule=said.rule,
        decision=decision.decision,
        development_version_id=decision.development_version_id,
        reasons=decision.reasons,
        modality=said.modality,
        published_at=version.published_at,
        decided_at=decision.decided_at,
        quantities=said.quantities,
    )
