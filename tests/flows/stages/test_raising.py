"""Alerts of several rules: one message a receiver, by the first rule that names its channel."""

from __future__ import annotations

from flows.stages.alert import AlertVerdict
from flows.stages.raising import raise_alerts
from parsers.coding.watch import AlertRule
from storage import developments, outbox
from storage.engine import Store
from tests.flows.stages.receivers_told import NOON, Desk, send, state, tell

DESK = AlertRule(id="desk", title="For the desk", channels=("desk",))
ALL = AlertRule(id="all", title="For all")
TO = {"desk": ("a@example.org", "b@example.org"), "hook": ("https://hook.example/",)}


def raised(store: Store, *rules: AlertRule, quiet: bool = False) -> list[tuple[str, list[str]]]:
    """Return the rule of each alert of a new version, and to whom it goes."""
    with store.write() as tx:
        version = developments.create(
            tx, watch="mali", state=state(), decision="new", changes=(), alert_reasons=(), now=NOON
        )
        verdict = AlertVerdict(rules=rules, severity="high", why=())
        alerts = raise_alerts(tx, version, verdict, recipients=TO, quiet=quiet)
        assert raise_alerts(tx, version, verdict, recipients=TO, quiet=quiet) == alerts  # a second time adds nothing
        return [(a.rule, [d.recipient for d in outbox.deliveries(tx, a.id)]) for a in alerts]


def test_each_receiver_gets_one_message(store: Store) -> None:
    everybody = [*TO["desk"], *TO["hook"]]
    assert raised(store, DESK, ALL) == [("desk", [*TO["desk"]]), ("all", [*TO["hook"]])]
    assert raised(store, ALL, DESK) == [("all", everybody)]


def test_a_rule_for_a_channel_that_is_not_there_keeps_its_alert(store: Store) -> None:
    nobody = AlertRule(id="nobody", title="For nobody", channels=("gone",))
    assert raised(store, nobody) == [("nobody", [])]


def test_no_rule_and_a_quiet_run_raise_nothing(store: Store) -> None:
    assert raised(store) == []
    assert raised(store, ALL, quiet=True) == []


def test_what_a_source_takes_back_is_told_to_those_alone_who_were_told(store: Store) -> None:
    knowing, new = Desk(to=("first",)), Desk(to=("first", "second"))
    (alert,) = tell(store, knowing, killed=30)
    send(store, knowing)
    with store.write() as tx:
        version = developments.add_version(
            tx, alert.development_id, state=state(killed=30), decision="update", changes=(), alert_reasons=(), now=NOON
        )
        verdict = AlertVerdict(rules=(ALL,), severity="high", why=(), corrects=True)
        (raised,) = raise_alerts(tx, version, verdict, recipients={new.name: new.to}, quiet=False)
        assert (raised.rule, raised.change) == ("all", "correction")
        assert [d.recipient for d in outbox.deliveries(tx, raised.id)] == ["first"]
    send(store, new)
    assert new.subjects("first")[0].startswith("Correction")  # though the rest of what it was told holds
    assert new.subjects("second") == []
