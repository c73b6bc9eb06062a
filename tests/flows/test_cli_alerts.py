"""The commands on alerts and rules: what they show, send and keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flows.commands import Ended, sahelwatch
from tests.flows.runs import ROOT, SEEDS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a database in which the seeds are recorded and told."""
    here = tmp_path_factory.mktemp("alerts")
    ended = sahelwatch("run", "--direct", SEEDS, "--as-of", "2025-06-10T12:00", "--database", DATABASE, folder=here)
    assert ended.code == 0, ended.err
    return here


DATABASE = "sqlite:///kept.db"


def call(folder: Path, *arguments: str) -> Ended:
    return sahelwatch(*arguments, "--database", DATABASE, folder=folder)


def test_an_alert_is_shown_with_its_tries(folder: Path) -> None:
    ended = call(folder, "alerts", "show", "L1")
    assert "watched actor: Wagner Group" in ended.out
    assert "try 1 at" in ended.out
    shown = call(folder, "alerts", "show", "L1", "--json").json
    assert [(d["state"], d["held"], len(d["tries"])) for d in shown["deliveries"]] == [("sent", None, 1)]


def test_the_alerts_of_a_message_are_listed(folder: Path) -> None:
    (alert,) = call(
        folder, "alerts", "--message", call(folder, "alerts", "show", "L2", "--json").json["uid"], "--json"
    ).json
    assert alert["id"] == 2


def test_a_silence_begins_with_a_reason_and_ends(folder: Path) -> None:
    begun = call(folder, "alerts", "silence", "D1", "--reason", "known to all", "--days", "2", "--json").json[0]
    assert (begun["development_id"], begun["reason"], begun["ended_at"]) == (1, "known to all", None)
    assert "known to all" in call(folder, "alerts", "silences").out
    ended = call(folder, "alerts", "unsilence", begun["public_id"])
    assert ended.code == 0
    assert "ended 20" in ended.out
    assert call(folder, "alerts", "silences", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["alerts", "silence", "D1"], 2),
        (["alerts", "silence", "--reason", "x"], 2),
        (["alerts", "silence", "D1", "--reason", "x", "--until", "2001-01-01"], 2),
        (["alerts", "silence", "D99", "--reason", "x"], 1),
        (["alerts", "unsilence", "S99"], 1),
        (["alerts", "test", "nowhere"], 2),
        (["rules", "test", "--days", "0"], 2),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else str(given),
)
def test_what_cannot_be_done_is_told(arguments: list[str], code: int, folder: Path) -> None:
    ended = call(folder, *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.strip()
    assert "Traceback" not in ended.err


def test_a_channel_is_tested_with_a_real_message(folder: Path) -> None:
    ended = call(folder, "alerts", "test", "console")
    assert ended.code == 0
    assert "alerts reach you here" in ended.out
    assert "console console: sent" in ended.out


def test_a_channel_is_tested_before_the_first_run(tmp_path: Path) -> None:
    ended = call(tmp_path, "alerts", "test", "console")
    assert ended.code == 0
    assert "console console: sent" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_a_channel_that_does_not_work_ends_with_1(folder: Path) -> None:
    channel = {
        "kind": "email", "name": "desk", "host": "127.0.0.1", "port": 9, "security": "none",
        "sender": "a@example.org", "recipients": ["b@example.org"],
    }  # fmt: skip
    ended = sahelwatch(
        "alerts", "test", "desk", "--database", DATABASE, folder=folder,
        variables={"SAHELWATCH_CHANNELS": json.dumps([channel])},
    )  # fmt: skip
    assert ended.code == 1
    assert "desk b@example.org: retry: 127.0.0.1: nothing sent" in ended.out


def test_the_rules_tell_what_they_would_have_sent(folder: Path) -> None:
    rows = call(folder, "rules", "test", "--days", "36600", "--json").json
    fired = {row["development_id"] for row in rows if row["rules"]}
    assert fired == {"D1", "D2"}
    assert all(row["why"] for row in rows if not row["rules"])
    text = call(folder, "rules", "test", "--days", "36600").out
    assert "watched-development: 2 alerts" in text
    assert "no watched actor takes part" in text


def test_another_watch_is_tried_on_what_is_recorded(folder: Path) -> None:
    watch = (SEEDS.parent / "watch.toml").read_text(encoding="utf-8")
    strict = watch.replace('min_severity = "low"', 'min_severity = "critical"\nplaces = ["Gao"]')
    (folder / "strict.toml").write_text(strict, encoding="utf-8")
    rows = call(folder, "rules", "test", "--days", "36600", "--watch", "strict.toml", "--json").json
    assert rows
    assert not any(row["rules"] for row in rows)
    assert call(folder, "rules", "test", "--days", "1", "--json").json == []


def test_a_digest_is_sent_once_without_prefect(folder: Path) -> None:
    watch = folder / "digest.toml"
    watch.write_text((ROOT / "seeds" / "watch.toml").read_text() + '\n[digest]\ndaily = ["console"]\n')
    on, given = ("--as-of", "2025-06-11T06:00"), ("--watch", str(watch))
    assert call(folder, "digest", *on).out == "0 sent, 0 waiting\n"  # the watch names nobody
    told = call(folder, "digest", *on, *given)
    assert (told.code, told.out.splitlines()[-1]) == (0, "1 sent, 0 waiting")
    assert "Africa Corps" in told.out
    assert call(folder, "digest", *on, *given, "--json").json == {"sent": 0, "waiting": 0, "errors": []}
