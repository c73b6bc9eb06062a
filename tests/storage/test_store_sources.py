"""Sources, what is remembered of them, and the record of their attempts and notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from storage import sources
from storage.engine import Store, Transaction, open_store
from storage.errors import NotFoundError
from storage.source_values import Source, SourceAttempt, SourceNotice, SourceState, WaitingPage

WIRE = Source(
    key="wire",
    kind="json_feed",
    address="https://example.org/feed",
    outlet="Fil du Sahel",
    language="fr",
    enabled=False,
    family="fildusahel",
    country="Mali",
    tier=2,
    interval_minutes=45,
    expected_per_week=10.5,
    provenance="state_media",
    verified=False,
    fetch_pages=True,
)


def state_at(given, **fields) -> SourceState:
    """Return a state of which every field differs from its default."""
    whole = SourceState(
        etag='W/"é-1"',
        last_modified="Sat, 07 Jun 2025 11:00:00 GMT",
        body_sha256="a" * 64,
        unconditional_at=given.at(-300),
        due_at=given.at(15.5),
        interval_minutes=22,
        last_ok_at=given.at(-60),
        last_new_at=given.at(-120),
        failing_since=given.at(-30),
        failures=3,
        items=40,
        notice="failed",
        moved_to="https://example.org/new",
        moved_times=2,
        waiting=(WaitingPage(identity="b" * 64, failed=1, due_at=given.at(60)),),
        asked=("c" * 16, "d" * 16),
    )
    return replace(whole, **fields)


def attempt_at(given, minutes: float, **fields) -> SourceAttempt:
    return replace(SourceAttempt(source="wire", started_at=given.at(minutes), outcome="ok"), **fields)


def notice_at(given, minutes: float, **fields) -> SourceNotice:
    whole = SourceNotice(source="wire", kind="failed", reason="503", noticed_at=given.at(minutes))
    return replace(whole, **fields)


@pytest.fixture
def tx(store: Store, given) -> Iterator[Transaction]:
    """Yield a transaction on a store that has the sources `inbox` and `wire`; expired, so that tests see rows."""
    with store.write() as tx:
        sources.ensure(tx, given.inbox)
        sources.ensure(tx, WIRE)
        tx.expire_all()
        yield tx


def test_the_samples_leave_no_field_at_its_default(given):
    plain = Source(key="", kind="files", address="")
    assert [name for name, value in asdict(WIRE).items() if value == asdict(plain)[name]] == []
    assert [name for name, value in asdict(state_at(given)).items() if value == asdict(SourceState())[name]] == []


def test_a_source_comes_back_whole(tx, given):
    assert sources.get(tx, "wire") == WIRE
    assert sources.every(tx) == (given.inbox, WIRE)
    assert sources.every(tx, enabled=True) == (given.inbox,)
    assert sources.every(tx, enabled=False) == (WIRE,)


def test_a_source_is_described_anew_but_never_switched_on_again(tx, given):
    sources.enable(tx, "inbox", enabled=False)
    changed = replace(WIRE, key="inbox", enabled=True)
    sources.ensure(tx, changed)
    tx.expire_all()
    assert sources.every(tx) == (replace(changed, enabled=False), WIRE)
    sources.enable(tx, "inbox", enabled=True)
    tx.expire_all()
    assert sources.every(tx, enabled=True) == (changed,)


def test_a_key_may_be_long(tx):
    long = replace(WIRE, key="https://example.org/" + "é" * 100_000)
    sources.ensure(tx, long)
    sources.ensure(tx, long)
    sources.save_state(tx, long.key, SourceState(items=1))
    assert sources.get(tx, long.key) == long
    assert len(sources.every(tx)) == 3
    assert sources.states(tx)[long.key] == SourceState(items=1)


def test_a_state_is_replaced_as_a_whole(tx, given):
    assert sources.state(tx, "wire") == SourceState()
    for state in (state_at(given), state_at(given, failures=4, etag=None), SourceState()):
        sources.save_state(tx, "wire", state)
        tx.expire_all()
        assert sources.state(tx, "wire") == state
        assert sources.states(tx) == {"inbox": SourceState(), "wire": state}


def test_what_is_remembered_outlives_the_program(database, given):
    for failures in range(1, 4):
        store = open_store(database)
        with store.write() as tx:
            sources.ensure(tx, WIRE)
            assert sources.state(tx, "wire").failures == failures - 1
            sources.save_state(tx, "wire", state_at(given, failures=failures))
            sources.add_attempt(tx, attempt_at(given, failures))
            sources.add_notice(tx, notice_at(given, failures))
        with store.read() as tx:
            assert len(sources.attempts(tx, "wire")) == len(sources.notices(tx)) == failures
        store.close()


def test_attempts_come_newest_first_and_whole(tx, given):
    whole = attempt_at(
        given,
        0,
        outcome="failed",
        reason="status 503",
        status=503,
        size=3_000_000_000,
        items=40,
        fresh=7,
        duration_s=1.25,
    )
    bare = attempt_at(given, 15, outcome="waiting")
    other = attempt_at(given, 30, source="inbox")
    for attempt in (whole, bare, other):
        sources.add_attempt(tx, attempt)
    tx.expire_all()
    assert sources.attempts(tx, "wire") == (bare, whole)
    assert sources.attempts(tx, "wire", limit=1) == (bare,)
    assert sources.attempts(tx, "inbox") == (other,)


def test_only_the_last_attempts_are_given(tx, given):
    for minutes in range(60):
        sources.add_attempt(tx, attempt_at(given, minutes))
    found = sources.attempts(tx, "wire")
    assert [attempt.started_at for attempt in found] == [given.at(minutes) for minutes in range(59, 9, -1)]


def test_notices_come_newest_first_since_an_instant(tx, given):
    failed, silent = notice_at(given, 0), notice_at(given, 30, source="inbox", kind="silent", reason="3 days")
    recovered = notice_at(given, 60, kind="recovered")
    for notice in (failed, silent, recovered):
        sources.add_notice(tx, notice)
    tx.expire_all()
    assert sources.notices(tx) == (recovered, silent, failed)
    assert sources.notices(tx, since=given.at(30)) == (recovered, silent)
    assert sources.notices(tx, since=given.at(30), limit=1) == (recovered,)
    assert sources.notices(tx, since=given.at(61)) == ()


def test_instants_are_kept_in_utc(tx, given):
    bamako_summer = timezone(timedelta(hours=2))
    noon = given.noon.astimezone(bamako_summer)
    sources.add_attempt(tx, attempt_at(given, 0, started_at=noon))
    sources.add_notice(tx, notice_at(given, 0, noticed_at=noon))
    tx.expire_all()
    kept = (sources.attempts(tx, "wire")[0].started_at, sources.notices(tx, since=noon)[0].noticed_at)
    assert [instant.isoformat() for instant in kept] == [given.noon.isoformat()] * 2


@pytest.mark.parametrize(
    "write",
    [
        lambda tx, naive, given: sources.save_state(tx, "wire", SourceState(due_at=naive)),
        lambda tx, naive, given: sources.add_attempt(tx, attempt_at(given, 0, started_at=naive)),
        lambda tx, naive, given: sources.add_notice(tx, notice_at(given, 0, noticed_at=naive)),
    ],
    ids=["state", "attempt", "notice"],
)
def test_a_naive_instant_is_refused(store, given, write):
    with store.write() as tx:
        sources.ensure(tx, WIRE)
    with pytest.raises(StatementError, match="naive instant"), store.write() as tx:
        write(tx, given.noon.replace(tzinfo=None), given)


@pytest.mark.parametrize(
    "use",
    [
        lambda tx, given: sources.get(tx, "nowhere"),
        lambda tx, given: sources.enable(tx, "nowhere", enabled=True),
        lambda tx, given: sources.state(tx, "nowhere"),
        lambda tx, given: sources.save_state(tx, "nowhere", SourceState()),
        lambda tx, given: sources.attempts(tx, "nowhere"),
        lambda tx, given: sources.add_attempt(tx, attempt_at(given, 0, source="nowhere")),
        lambda tx, given: sources.add_notice(tx, notice_at(given, 0, source="nowhere")),
    ],
    ids=["get", "enable", "state", "save_state", "attempts", "add_attempt", "add_notice"],
)
def test_an_unknown_source_is_named(tx, given, use):
    with pytest.raises(NotFoundError, match="no source 'nowhere'"):
        use(tx, given)
