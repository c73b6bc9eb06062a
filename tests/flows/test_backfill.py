"""A backfill ends in the rows that the monitor would have made, also where it was killed on the way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import runner
from flows.settings import AlertSettings, Settings, SettingsError
from flows.stages import backfill as stage
from flows.stages import run as stages
from flows.stages.archives import as_feed
from flows.stages.deliver.message import Receipt
from flows.stages.windows import WINDOWS_H, Span, window_end
from storage import outbox
from storage.engine import open_store
from storage.integrity import verify
from storage.upkeep import contents
from tests.flows.commands import sahelwatch
from tests.flows.runs import run
from tests.flows.stages.receivers_told import Desk

UNTIL = datetime(2025, 9, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
# What a backfill leaves to the monitor, and what is its own.
NOT_OF_ARTICLES = {"source", "source_state", "source_attempt", "counter", "backfill", "backfill_shard", "backfill_item"}

STORIES = [
    ("Convoy hit near Ménaka", "An ambush on a convoy of Africa Corps near Ménaka killed {n} men, residents said."),
    (
        "Drone strike in Tessit",
        "A drone of the Malian army struck Tessit; at least {n} people died, a nurse said.",
    ),
    ("Wagner leaves a camp", "The Wagner Group left its camp at Ansongo with {n} vehicles, two sources said."),
]


def told(number: int) -> tuple[datetime, str, str]:
    """Return the date, the title and the text of a made-up article; every seventh repeats an earlier one."""
    if number % 7 == 6:
        at, title, text = told(number - 3)
        return at + timedelta(hours=20), title, text
    title, text = STORIES[number % 3]
    return (
        datetime(2025, 6, 1, 7, tzinfo=UTC) + timedelta(hours=29 * number),
        f"{title} ({number})",
        f"{text.format(n=number + 2)} Traders of the town counted {number + 40} burnt stalls and shut the market.",
    )


def line(number: int) -> str:
    at, title, text = told(number)
    return json.dumps(
        {
            "id": f"{number}",
            "title": title,
            "content_text": text,
            "date_published": at.isoformat(),
            "_feed": {"title": f"Le Courrier {number % 4}"},
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of files with one article each, and one without a date."""
    made = tmp_path / "past"
    made.mkdir()
    for number in range(24):
        (made / f"{97 * number % 24:02}.json").write_bytes(as_feed(line(number).encode()))
    undated = json.dumps({"id": "u", "title": "Camp at Ber", "content_text": STORIES[0][1].format(n=9)})
    (made / "undated.json").write_bytes(as_feed(undated.encode()))
    return made


def monitored(database: str, folder: Path) -> None:
    """Run the monitor at the end of each day on what was published on it, and last on what has no date."""
    days: dict[datetime, list[Path]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        at = json.loads(path.read_bytes())["items"][0].get("date_published")
        days[window_end(datetime.fromisoformat(at) if at else None, UNTIL, 24)].append(path)
    for end, paths in sorted(days.items()):
        run(database, *paths, as_of=end, alerts=False)


def filled_back(database: str, *paths: Path, processes: int = 1, span: Span | None = None) -> stage.Progress:
    return runner.backfill_directly(
        Settings(database=database, channels=()),
        [str(path) for path in paths],
        span or Span(until=UNTIL),
        processes=processes,
        alerts=False,
        tell=lambda _: None,
    )


def rows(database: str) -> dict[str, tuple[int, str]]:
    """Return count and hash of the rows of each table about articles."""
    with closing(open_store(database)) as store:
        assert verify(store) == ()
        return {c.table: (c.rows, c.sha256) for c in contents(store) if c.table not in NOT_OF_ARTICLES}


def test_the_rows_are_those_of_the_monitor_having_run_then(new_database, folder: Path):
    then, now = new_database(), new_database()
    monitored(then, folder)
    done = filled_back(now, folder)
    assert (done.done, done.documents, done.undated, done.failed) == (25, 25, 1, [])
    wanted = rows(then)
    assert rows(now) == wanted
    assert wanted["article"][0] == 25
    assert wanted["duplicate"][0] > 0
    assert wanted["development_version"][0] > 5


def test_two_processes_make_the_same_rows(tmp_path: Path, folder: Path):
    one, two = f"sqlite:///{tmp_path}/1.db", f"sqlite:///{tmp_path}/2.db"
    filled_back(one, folder)
    filled_back(two, folder, processes=2)
    assert rows(one) == rows(two)


def test_an_archive_of_lines_is_read_as_its_items(tmp_path: Path):
    file, database = tmp_path / "old.jsonl", f"sqlite:///{tmp_path}/a.db"
    file.write_text("\n".join([line(3), "", line(1), "{broken", line(2)]) + "\n", encoding="utf-8")
    done = filled_back(database, file)
    assert (done.documents, done.counts["articles"], done.counts["dropped: quarantined"]) == (4, 3, 1)
    assert rows(database)["article"][0] == 3


def test_only_what_was_published_in_the_span_is_recorded(tmp_path: Path, folder: Path):
    since, until = told(5)[0], told(10)[0]
    done = filled_back(f"sqlite:///{tmp_path}/a.db", folder, span=Span(since=since, until=until))
    wanted = sum(since <= told(n)[0] < until for n in range(24))
    assert done.counts["articles"] == wanted + 1  # and what has no date
    assert done.outside == 24 - wanted


def test_a_second_backfill_records_nothing_again(tmp_path: Path, folder: Path):
    database = f"sqlite:///{tmp_path}/a.db"
    filled_back(database, folder)
    before = rows(database)
    done = filled_back(database, folder)
    assert (done.counts["articles"], done.counts["dropped: known"]) == (0, 25)
    assert rows(database) == before


def test_the_monitor_does_not_read_the_past_after_it(tmp_path: Path, folder: Path):
    database = f"sqlite:///{tmp_path}/a.db"
    filled_back(database, folder)
    with closing(open_store(database)) as store:
        planned = stages.plan_sources(store, Settings(database=database), [], now=UNTIL)
    assert planned
    assert not [source.key for source in planned if str(folder) in source.address]


@pytest.mark.parametrize(
    ("span", "fault"),
    [({"window_h": 5}, "a window of 5 hours"), ({"since": UNTIL, "until": UNTIL}, "is not before")],
)
def test_a_span_that_cannot_be_is_refused(span, fault):
    with pytest.raises(SettingsError, match=fault):
        Span(**span)


@pytest.mark.parametrize(
    ("at", "hours", "end"),
    [
        ("2025-06-30T23:59:59", 24, "2025-07-01T00:00:00"),
        ("2025-06-30T00:00:00", 24, "2025-07-01T00:00:00"),
        ("2025-06-30T05:59:00", 6, "2025-06-30T06:00:00"),
        ("2025-06-30T06:00:00", 6, "2025-06-30T12:00:00"),
        ("2025-08-31T12:00:00", 24, "2025-09-01T00:00:00"),
    ],
)
def test_a_window_ends_within_the_day(at, hours, end):
    instant, wanted = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (at, end))
    assert window_end(instant, UNTIL, hours) == wanted


def test_a_killed_backfill_ends_in_the_same_rows(tmp_path: Path, folder: Path):
    undisturbed, killed = f"sqlite:///{tmp_path}/1.db", f"sqlite:///{tmp_path}/2.db"
    filled_back(undisturbed, folder)
    command = [sys.executable, "-c", KILLED, killed, str(folder)]
    ended = [subprocess.run([*command, str(at)], cwd=ROOT, check=False).returncode for at in (2, 5, 9, 6)]
    assert ended == [-signal.SIGKILL] * 4
    assert filled_back(killed, folder).resumed
    assert rows(killed) == rows(undisturbed)


# Records one document a transaction, and kills itself in the middle of one.
KILLED = """
import os, signal, sys
from tests.flows.test_backfill import filled_back
from flows.stages import backfill as stage
from flows.stages import run as stages
from pathlib import Path

database, folder, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
stage.BATCH = 1
seen = 0
advance = stage.backfills.advance

def advance_or_die(*args, **kwargs):
    global seen
    seen += 1
    if seen == last:
        os.kill(os.getpid(), signal.SIGKILL)
    advance(*args, **kwargs)

stage.backfills.advance = advance_or_die
filled_back(database, folder)
"""


def test_a_recorder_of_this_machine_is_known_to_be_gone():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    host = socket.gethostname()
    assert stage._is_gone(f"{host}:{child.pid}")
    assert not stage._is_gone(f"{host}:{os.getpid()}")
    assert not stage._is_gone(f"elsewhere:{child.pid}")


def test_an_error_of_a_delivery_is_told(tmp_path: Path, folder: Path, monkeypatch):
    answer = Receipt(outcome="dead", error="no such desk")
    desk = Desk(answer=lambda _message, _recipient: answer)
    monkeypatch.setattr(stages, "open_channels", lambda _: {desk.name: desk})
    alerts = AlertSettings(max_article_age_days=1000)
    settings = Settings(database=f"sqlite:///{tmp_path}/a.db", channels=(), alerts=alerts)
    span = Span(until=UNTIL)
    done = runner.backfill_directly(settings, [str(folder)], span, processes=1, alerts=True, tell=lambda _: None)
    assert done.errors
    assert all(error.endswith("to desk: no such desk") for error in done.errors)
    assert f"{len(done.errors)} delivery errors" in done.message


@pytest.mark.parametrize("way", ["backfill", "run"])
def test_hours_of_quiet_are_kept_whoever_sends(tmp_path: Path, folder: Path, monkeypatch, way: str):
    desk, (now, later) = Desk(), (datetime.now(UTC) + timedelta(minutes=m) for m in (-60, 60))
    hours = f'\n[[quiet]]\nstart = "{now:%H:%M}"\nend = "{later:%H:%M}"\nmode = "hold"\n'
    watch = tmp_path / "watch.toml"
    watch.write_text((ROOT / "seeds/watch.toml").read_text() + hours)
    monkeypatch.setattr(stages, "open_channels", lambda _: {desk.name: desk})
    alerts = AlertSettings(max_article_age_days=1000)
    settings = Settings(database=f"sqlite:///{tmp_path}/a.db", watch=watch, channels=(), alerts=alerts)
    if way == "run":
        stages.run_direct(settings, list(map(str, folder.iterdir())), as_of=UNTIL - timedelta(days=60))
    else:
        runner.backfill_directly(
            settings, [str(folder)], Span(until=UNTIL), processes=1, alerts=True, tell=lambda _: None
        )
    assert desk.got == []
    with closing(open_store(settings.database)) as store, store.read() as tx:
        assert {d.state for alert in outbox.alerts(tx) for d in outbox.deliveries(tx, alert.id)} == {"pending"}


def test_the_command_shows_what_was_done(tmp_path: Path, folder: Path):
    options = ["--database", f"sqlite:///{tmp_path}/a.db", "--until", "2025-09-01"]
    done = sahelwatch("backfill", folder, *options, "--json", folder=tmp_path)
    assert done.code == 0
    assert done.json["documents"] == 25
    assert done.json["counts"]["alerts"] == 0
    for wrong in ((), (folder, "--window-hours", 5), (folder, "--since", "2025-09-02"), (folder, "--processes", 0)):
        assert sahelwatch("backfill", *wrong, *options, folder=tmp_path).code == 2


def test_the_form_of_a_backfill_offers_what_it_takes():
    from flows.backfill import backfill

    form = backfill.parameters.properties
    assert tuple(form["window_h"]["enum"]) == WINDOWS_H
    assert (form["sources"]["minItems"], form["processes"]["minimum"]) == (1, 1)


def test_dask_without_its_package_is_a_clear_error(tmp_path: Path, folder: Path):
    from flows.backfill import submitting

    try:
        import prefect_dask  # noqa: F401
    except ImportError:
        with pytest.raises(SettingsError, match=r"install sahelwatch\[dask\]"), submitting("dask", 1, None):
            pass
    else:
        pytest.skip("prefect-dask is installed")
