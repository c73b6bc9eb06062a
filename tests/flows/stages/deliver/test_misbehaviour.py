"""What a target does wrong (tests/cases/delivery), and how the delivery ends, in the outbox as people see it.

Each case is tried as often as the schedule says: a server that misbehaves is well again from the third try on, but
for one that is not there at all. Another target beside it gets its alert at the first try, whatever happens.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from http.client import responses
from pathlib import Path
from typing import Any

import pytest
import trustme
from misbehaving import Misbehaving, misbehaving
from opened_channels import DESK, channel, local, mail_channel
from receivers import MAIL_HOST, HookServer, running_hook_server

from flows.stages.deliver.dispatch import dispatch
from flows.stages.deliver.message import Channel
from flows.stages.deliver.policy import Policy
from storage import outbox
from storage.engine import Store, open_store
from storage.values import Attempt, Delivery
from tests.flows.stages.receivers_told import NOON, Desk, tell

CASES = Path(__file__).parents[3] / "cases" / "delivery"
SMTP = tomllib.loads((CASES / "smtp.toml").read_text(encoding="utf-8"))
HTTP = tomllib.loads((CASES / "http.toml").read_text(encoding="utf-8"))
BAD_TRIES = 2
TIGHT_S = 0.4  # for a server that does not answer; the others get all the time that a busy machine may need
SOURCE_LINE = re.compile(r" \(_ssl\.c:\d+\)")  # of OpenSSL's errors: another one in each Python
Certified = Callable[..., ssl.SSLContext]
Row = dict[str, Any]


@pytest.fixture
def outbox_of(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path}/outbox.db")) as store:
        yield store


def tried(store: Store, target: Channel, mend: Callable[[], None], policy: Policy) -> tuple[Delivery, list[Attempt]]:
    """Raise an alert for a target and a good one beside it, and send until nothing is due any more."""
    good = Desk(name="good")
    tell(store, good, Desk(name=target.name, to=target.recipients()))
    now, tries = NOON, 0
    while True:
        tries += 1
        if tries > BAD_TRIES:
            mend()
        dispatch(store, {"desk": target, "good": good}, clock=lambda at=now: at, policy=policy)
        with store.read() as tx:
            (alert,) = outbox.alerts(tx)
            delivery, other = sorted(outbox.deliveries(tx, alert.id), key=lambda d: d.channel)
            attempts = list(outbox.attempts(tx, delivery.id))
        assert (other.state, other.attempts) == ("sent", 1), "the good target beside it"
        if delivery.next_attempt_at is None:
            return delivery, attempts
        now = delivery.next_attempt_at


def assert_ends(row: Row, delivery: Delivery, attempts: list[Attempt], **known: str) -> None:
    assert f"{delivery.state} after {delivery.attempts}" == row["ends"]
    faulty = attempts if delivery.state == "dead" else attempts[: delivery.attempts - 1]
    errors = {SOURCE_LINE.sub("", a.error or "") for a in faulty}
    assert errors == ({row["error"].format(too_big=responses[413], **known)} if faulty else set())
    assert {a.outcome for a in faulty[:BAD_TRIES]} <= {row.get("each", delivery.state), "dead"}
    assert delivery.possible_repeat is (row.get("each") == "unknown")


@pytest.mark.parametrize("name", SMTP)
def test_fault_82_what_a_mail_server_does_wrong(
    name: str, outbox_of: Store, certified: Certified, ca_file: Path
) -> None:
    row = SMTP[name]
    wrong = {
        "other name": lambda: certified("mail.example.net"),
        "unknown authority": lambda: certified(MAIL_HOST, trustme.CA()),
    }.get(row["does"])
    server = Misbehaving(row["at"], row["does"], good=certified(MAIL_HOST), bad=wrong() if wrong else None)
    timeout_s = TIGHT_S if row["does"] in {"hang", "drip"} else 5
    with ExitStack() as stack:
        if row["does"] == "refuse":
            with socket.create_server((MAIL_HOST, 0)) as gone:
                server.port = gone.getsockname()[1]
        else:
            stack.enter_context(misbehaving(server))
        target = mail_channel(server.port, ca_file=ca_file, timeout_s=timeout_s, username="watch", password="open")

        def mend() -> None:
            server.well = True

        ended = tried(outbox_of, target, mend, Policy())
    assert_ends(row, *ended)
    if ended[0].state == "sent":
        assert {mail.count(b"\r\nMessage-ID: ") for mail in server.taken} == {1}
        assert len({mail.partition(b"Message-ID: ")[2].partition(b"\r")[0] for mail in server.taken}) == 1


def answering(server: HookServer, row: Row, elsewhere: HookServer) -> None:
    """Make a server answer as the row says."""
    answer = row["answer"].replace("{elsewhere}", f"http://localhost:{elsewhere.port}/").encode("latin-1")
    drops = {"drip": b"z", "continue": answer, "hang": b""}

    def flood(write: Callable[[bytes], object]) -> None:
        write(answer)
        for _ in range(200):
            write(b"z" * 1_000_000)

    if row.get("then") == "flood":
        server.answer = flood
    elif "then" in row:
        server.drips(answer, drops[row["then"]])
    else:
        server.answer = lambda write: write(answer) and None


@pytest.mark.parametrize("name", [name for name, row in HTTP.items() if "answer" in row])
def test_fault_77_what_a_web_server_answers_wrongly(name: str, outbox_of: Store) -> None:
    row = HTTP[name]
    with running_hook_server() as server, running_hook_server() as elsewhere:
        answering(server, row, elsewhere)
        target = local(server, timeout_s=TIGHT_S if "then" in row else 5)
        started = time.monotonic()
        delivery, attempts = tried(outbox_of, target, lambda: server.answers(200), Policy())
        assert time.monotonic() - started < 10
        assert_ends(row, delivery, attempts, target=target.recipients()[0])
    assert elsewhere.posted == [], "a redirect was followed"
    assert len({(post.headers["webhook-id"], post.body) for post in server.posted}) == 1
    if "pause_s" in row:
        pause = attempts[1].started_at - attempts[0].started_at
        assert timedelta(seconds=row["pause_s"]) <= pause <= timedelta(seconds=row["pause_s"] * 1.1 + 1)


@pytest.mark.parametrize("name", [name for name, row in HTTP.items() if "answer" not in row])
def test_fault_77_a_web_server_that_cannot_be_reached(
    name: str, outbox_of: Store, certified: Certified, ca_file: Path
) -> None:
    row = HTTP[name]
    host = "hooks.example.org"
    wrong = {
        "other name": lambda: certified("other.example.org"),
        "unknown authority": lambda: certified(host, trustme.CA()),
    }
    with running_hook_server(wrong[row["tls"]]() if "tls" in row else None) as server:
        port = server.port
        if "tls" in row or "address" in row:
            target = channel(
                f"https://{host}:{port}/", ca_file=ca_file, resolve=lambda *_: (row.get("address", "127.0.0.1"),),
                allow_hosts=[host] if "tls" in row else [],
            )  # fmt: skip
            ended = tried(outbox_of, target, lambda: None, Policy())
    if row.get("listens") is False:
        target = local(server)
        ended = tried(outbox_of, target, lambda: None, Policy())
    assert_ends(row, *ended, target=target.recipients()[0])
    assert server.posted == []


def test_fault_83_what_may_have_arrived_is_left_to_a_person_where_the_policy_says_so(
    outbox_of: Store, certified: Certified, ca_file: Path
) -> None:
    with misbehaving(Misbehaving("content", "drop", good=certified(MAIL_HOST))) as server:
        target = mail_channel(server.port, ca_file=ca_file)
        delivery, attempts = tried(outbox_of, target, lambda: None, Policy(when_unknown="keep"))
    assert (delivery.state, [a.outcome for a in attempts], len(server.taken)) == ("unknown", ["unknown"], 1)


def test_fault_82_a_refusal_of_one_recipient_is_his_alone(
    outbox_of: Store, certified: Certified, ca_file: Path
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(misbehaving(Misbehaving("RCPT", "550 5.1.1 nobody", good=certified(MAIL_HOST))))
        target = mail_channel(server.port, ca_file=ca_file, recipients=["gone@example.org", DESK])
        tell(outbox_of, Desk(to=target.recipients()))
        send = target.send

        class Half:
            """The channel, to whose second recipient the server is well."""

            name, kind, recipients = "desk", "email", target.recipients

            def send(self, message: Any, recipient: str) -> Any:
                server.well = recipient == DESK
                return send(message, recipient)

        dispatch(outbox_of, {"desk": Half()}, clock=lambda: NOON, policy=Policy())
        with outbox_of.read() as tx:
            (alert,) = outbox.alerts(tx)
            ended = {d.recipient: (d.state, d.attempts, d.error) for d in outbox.deliveries(tx, alert.id)}
    assert ended == {"gone@example.org": ("dead", 1, f"{MAIL_HOST}: SMTP 550 5.1.1 nobody"), DESK: ("sent", 1, None)}


def test_there_are_enough_of_each() -> None:
    assert min(len(SMTP), len(HTTP)) >= 15
