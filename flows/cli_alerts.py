"""The commands `sahelwatch alerts`, `rules` and `digest`: what was sent, what waits and why, and what rules would send.

In: a command line. Out: text, or JSON with --json. `test` sends a real message; `rules test` sends nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from flows.cli_common import (
    COMMON,
    DEGRADED,
    DONE,
    FAILED,
    USAGE,
    Common,
    err,
    load,
    not_blank,
    opened,
    opened_or_empty,
    out,
)

app = App(name="alerts", help="List, show and test alerts; send again what did not arrive; silence what is not wanted.")
rules = App(name="rules", help="Try the rules of the watch.")
Limit = Annotated[int, Parameter(help="At most so many.", validator=Number(gte=1, lte=1_000_000))]
Days = Annotated[float, Parameter(help="Days that it lasts.", validator=Number(gt=0, lte=3660))]


@app.default
def listing(
    *,
    limit: Limit = 50,
    message: Annotated[str | None, Parameter(help="Only those that this message told of.")] = None,
    common: Common = COMMON,
) -> int:
    """List the alerts with their deliveries, newest first."""
    from flows import terminal
    from storage import outbox, told

    with opened(common) as store, store.read() as tx:
        if message:
            found = [outbox.get(tx, alert_id) for alert_id in told.alerts_in(tx, message)]
        else:
            found = [*outbox.alerts(tx, limit=limit)]
        rows = [(a, outbox.deliveries(tx, a.id)) for a in found]
    terminal.print_alerts(out, rows, as_json=common.json)
    return DONE


app.command(listing, name="list")


@app.command
def show(id: str, *, common: Common = COMMON) -> int:
    """Show one alert (L3): its reasons, its deliveries with every try, and why one waits."""
    from flows import reasons, terminal_alerts
    from storage import outbox, queue

    with opened(common) as store, store.read() as tx:
        alert = outbox.get(tx, reasons.number(id, "L"))
        deliveries = outbox.deliveries(tx, alert.id)
        attempts = {d.id: outbox.attempts(tx, d.id) for d in deliveries}
        holds = queue.holds(tx, [d.id for d in deliveries])
    terminal_alerts.print_alert(out, alert, deliveries, attempts, holds, as_json=common.json)
    return DONE


@app.command
def retry(id: str, *, common: Common = COMMON) -> int:
    """Make due again what of an alert (L3) did not arrive: the next run sends it."""
    from flows import reasons, terminal
    from flows.stages.run import utcnow
    from storage import outbox

    with opened(common) as store:
        with store.write() as tx:
            alert = outbox.get(tx, reasons.number(id, "L"))
            outbox.retry(tx, alert.id, now=utcnow())
        with store.read() as tx:
            deliveries = outbox.deliveries(tx, alert.id)
    terminal.print_alerts(out, [(alert, deliveries)], as_json=common.json)
    return DONE


@app.command(name="test")
def send_test(channel: str, *, common: Common = COMMON) -> int:
    """Send a test message to each recipient of a channel; one that was switched off and takes it is on again."""
    from flows import terminal_alerts
    from flows.stages.deliver.trial import trial
    from flows.stages.run import open_channels, utcnow
    from storage import queue

    channels = open_channels(load(common))
    if channel not in channels:
        err.print(f"no channel {channel}; there are {', '.join(channels)}", markup=False, soft_wrap=True)
        return USAGE
    receipts = trial(channels[channel], now=utcnow())
    with opened_or_empty(common) as store, store.write() as tx:  # a channel may be tried before the first run
        for recipient in (to for to, receipt in receipts.items() if receipt.outcome == "sent"):
            queue.enable(tx, channel, recipient)
    terminal_alerts.print_trial(out, channel, receipts, as_json=common.json)
    return DONE if all(receipt.outcome == "sent" for receipt in receipts.values()) else FAILED


@app.command
def silence(
    id: str | None = None,
    *,
    reason: Annotated[str, Parameter(help="Why; it is shown where alerts are missing.", validator=not_blank)],
    days: Days = 7,
    until: Annotated[datetime | None, Parameter(help="Its end, in place of --days.")] = None,
    rule: Annotated[str | None, Parameter(help="Only alerts of this rule.")] = None,
    channel: Annotated[str | None, Parameter(help="Only this channel.")] = None,
    common: Common = COMMON,
) -> int:
    """Send nothing on a development (D12), a rule or a channel for a time; a later message makes up for it."""
    from flows import reasons, terminal_alerts
    from flows.stages.run import logical_date, utcnow
    from storage import silences as stored

    now = utcnow()
    end = logical_date(until) if until else now + timedelta(days=days)
    if id is None and rule is None and channel is None:
        err.print("name a development (D12), --rule or --channel")
        return USAGE
    if end <= now:
        err.print("a silence ends after now")
        return USAGE
    development = reasons.number(id, "D") if id else None
    with opened(common) as store, store.write() as tx:
        kept = stored.add(
            tx, development_id=development, rule=rule, channel=channel, reason=reason.strip(), now=now, until=end
        )
    terminal_alerts.print_silences(out, [kept], as_json=common.json)
    return DONE


@app.command
def unsilence(id: str, *, common: Common = COMMON) -> int:
    """End a silence (S3) before its time."""
    from flows import reasons, terminal_alerts
    from flows.stages.run import utcnow
    from storage import silences as stored

    with opened(common) as store, store.write() as tx:
        ended = stored.end(tx, reasons.number(id, "S"), now=utcnow())
    terminal_alerts.print_silences(out, [ended], as_json=common.json)
    return DONE


@app.command
def silences(*, common: Common = COMMON) -> int:
    """List the silences that hold."""
    from flows import terminal_alerts
    from flows.stages.run import utcnow
    from storage import silences as stored

    with opened(common) as store, store.read() as tx:
        standing = stored.standing(tx, now=utcnow())
    terminal_alerts.print_silences(out, standing, as_json=common.json)
    return DONE


@rules.command(name="test")
def try_rules(
    *,
    days: Annotated[int, Parameter(help="How far back.", validator=Number(gte=1, lte=36600))] = 30,
    common: Common = COMMON,
) -> int:
    """Show what the rules would have sent of what the last days recorded, by rule; nothing is sent."""
    from flows import terminal_alerts
    from flows.stages.rehearse import rehearse
    from flows.stages.run import utcnow
    from parsers.coding.watch import load_watch

    settings = load(common)
    watch = load_watch(settings.watch)
    with opened(common) as store, store.read() as tx:
        age = settings.alerts.max_article_age_days
        rows = rehearse(tx, watch, now=utcnow(), days=days, max_age_days=age)
    terminal_alerts.print_rehearsal(out, rows, rules=[rule.id for rule in watch.rules], as_json=common.json)
    return DONE


def digest(
    *,
    as_of: Annotated[datetime | None, Parameter(help="The day and the week before this instant (now).")] = None,
    common: Common = COMMON,
) -> int:
    """Send what the last whole day and week brought to those whom the watch names for it; each is sent once."""
    import rich

    from flows.stages import run as stages
    from flows.terminal import print_json

    settings, now = load(common), stages.logical_date(as_of)
    stages.check_setup(settings)
    if common.json:
        rich.reconfigure(stderr=True)  # the console channel must not write between the JSON
    with opened(common) as store:
        day = stages.send_digest(store, settings, period="daily", now=now)
        week = stages.send_digest(store, settings, period="weekly", now=now)
    sent, waiting, errors = day.sent + week.sent, day.waiting + week.waiting, (*day.errors, *week.errors)
    for error in errors:
        err.print(error, markup=False)
    if common.json:
        print_json({"sent": sent, "waiting": waiting, "errors": errors})
    else:
        out.print(f"{sent} sent, {waiting} waiting")
    return DEGRADED if errors else DONE
