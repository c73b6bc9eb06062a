"""The evidence of developments: which clause of which article speaks of them, and what was decided on it.

In: a transaction and development ids. Out: Report values, read from the rows of decisions,
mentions and article versions; nothing is copied, so evidence cannot drift from its article.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlmodel import col, or_, select

from storage import articles, duplicates, regrouping
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
    _credit(tx, found, as_of)
    return {i: told for i, group in groups.items() if (told := _of_group(found, group))}


def _credit(tx: Transaction, found: Mapping[int, list[Report]], as_of: datetime | None) -> None:
    """Make the voice of articles that another one was named to lead that of their leader."""
    told = {report.article_id for reports in found.values() for report in reports}
    leaders = duplicates.named_leaders(tx, told, as_of=as_of)
    voices = {i: articles.get(tx, i).version for i in set(leaders.values())}
    for reports in found.values():
        for at, report in enumerate(reports):
            if voice := voices.get(leaders.get(report.article_id, 0)):
                names = (voice.article.outlet, *voice.article.credited_to, voice.article.external_id)
                reports[at] = replace(report, family=voice.family, original=next(filter(None, names)))


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
