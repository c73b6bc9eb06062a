"""Commands on versions and copies of articles: `sahelwatch diff`, `sahelwatch duplicates`.

In: a command line. Out: text, JSON with --json, or a page with --html. Heavy imports stand inside the commands.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from flows.cli_common import COMMON, DONE, FAILED, USAGE, Common, err, load, not_blank, opened, out

if TYPE_CHECKING:
    from storage.edit_values import Edit
    from storage.values import StoredVersion

app = App(name="duplicates", help="Judgements that one article repeats another (listed by articles --duplicates).")


def diff(
    article: str,
    v1: str | None = None,
    v2: str | None = None,
    *,
    html: Annotated[Path | None, Parameter(help="Write a page to this file, in place of text.")] = None,
    common: Common = COMMON,
) -> int:
    """Show how two versions of an article (A7, or its file name) differ: the last two, or V1 and V2."""
    from flows import reasons, terminal_versions
    from flows.stages import comparison_page
    from flows.stages.difference import difference
    from flows.terminal import print_json
    from storage import articles, unkept

    with opened(common) as store, store.read() as tx:
        found = reasons.article_of(tx, article)
        versions = articles.versions(tx, found.id)
        missed = unkept.of_article(tx, found.id)
    given = [n for n in (v1, v2) if n is not None]
    if bad := [n for n in given if not n.lower().removeprefix("v").isdecimal()]:
        err.print(f"{bad[0]} is no version: give a number, such as 2 or v2", markup=False)
        return USAGE
    numbers = [int(n.lower().removeprefix("v")) for n in given]
    if unknown := [n for n in numbers if not 1 <= n <= len(versions)]:
        err.print(f"{found.public_id} has no version {unknown[0]}: it has {len(versions)}", markup=False)
        return FAILED
    new = versions[(numbers[1] if len(numbers) > 1 else len(versions)) - 1]
    old = versions[(numbers[0] if numbers else max(1, new.number - 1)) - 1]
    shown = comparison_page.Comparison(
        article=found,
        old=old,
        new=new,
        edit=_edit(common, old, new),
        difference=difference(old.article, new.article),
        versions=versions,
        unkept=missed,
    )
    if html:
        html.write_text(comparison_page.as_html(shown), encoding="utf-8")
    elif common.json:
        print_json(comparison_page.as_json(shown))
    else:
        terminal_versions.print_comparison(out, shown)
    return DONE


@app.command
def undo(
    article: str,
    *,
    reason: Annotated[str, Parameter(help="Why it is no copy; it is kept with the judgement.", validator=not_blank)],
    original: Annotated[str | None, Parameter(help="Only as a copy of this article.")] = None,
    common: Common = COMMON,
) -> int:
    """Undo the judgement that an article (A7, or its file name) repeats another."""
    from flows import reasons
    from flows.stages.run import utcnow
    from flows.terminal import print_json
    from storage import duplicates

    with opened(common) as store, store.write() as tx:
        left = reasons.article_of(tx, article).id
        only = reasons.article_of(tx, original).id if original else None
        standing = {j.right for j in duplicates.judgements(tx, left) if j.left == left and j.undone_at is None}
        if not (wanted := sorted(standing if only is None else standing & {only})):
            what = f"A{left} repeats another article" if only is None else f"A{left} repeats A{only}"
            err.print(f"nothing says that {what}", markup=False)
            return FAILED
        for right in wanted:
            duplicates.undo(tx, left, right, reason=reason.strip(), now=utcnow())
        leader = duplicates.leader(tx, left)
    if common.json:
        print_json({"article": f"A{left}", "undone": [f"A{right}" for right in wanted], "leader": f"A{leader}"})
    for right in () if common.json else wanted:
        out.print(f"A{left} is no copy of A{right} any more", markup=False)
    return DONE


@app.command
def lead(
    article: str,
    *,
    reason: Annotated[str, Parameter(help="Why it is the better one; it is kept.", validator=not_blank)],
    common: Common = COMMON,
) -> int:
    """Name the article (A7, or its file name) that leads its group of duplicates; naming another undoes it."""
    from flows import reasons
    from flows.stages import leading
    from flows.stages.run import utcnow
    from flows.terminal import print_json
    from storage import duplicates, leads

    with opened(common) as store, store.write() as tx:
        named = reasons.article_of(tx, article)
        if why := leading.objection(tx, named):
            err.print(why, markup=False)
            return FAILED
        before = duplicates.leader(tx, named.id)
        leads.name(tx, named.id, reason=reason.strip(), now=utcnow())
    if common.json:
        print_json({"article": named.public_id, "leader": named.public_id, "led_before": f"A{before}"})
    else:
        out.print(f"{named.public_id} leads its group; before it was A{before}", markup=False)
    return DONE


def _edit(common: Common, old: StoredVersion, new: StoredVersion) -> Edit | None:
    """Return the edit that was kept with the new version, or types the way from one to the other."""
    from flows.stages.edits import judge_edit
    from flows.stages.run import coder_of

    if old.number == new.number or (new.number == old.number + 1 and new.edit):
        return None if old.number == new.number else new.edit
    settings = load(common)
    return judge_edit(old.article, new.article, coder_of(settings.seeds, settings.watch))
