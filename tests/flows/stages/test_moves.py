"""A source that moves for good: it is asked at the new address once that repeats, and at its own when that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from storage import sources
from storage.engine import open_store
from tests.flows.commands import sahelwatch
from tests.flows.runs import NOON
from tests.flows.stages.test_settle import LOGIN, Monitor, Site, running_site

DAY = timedelta(days=1)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as made:
        yield made


def runs(monitor: Monitor, site: Site, *days: int) -> list[list[str]]:
    """Return the paths asked in each of some daily runs."""
    found = []
    for day in days:
        site.asked.clear()
        monitor.run(NOON + day * DAY)
        found.append([path for path, _, _ in site.asked if path != "/robots.txt"])
    return found


def test_a_move_that_repeats_is_followed_and_told_once(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages |= {"/desk": (301, "/new"), "/new": (200, site.feed(1))}
    assert runs(monitor, site, 0, 1, 2, 3) == [["/desk", "/new"], ["/desk", "/new"], ["/new"], ["/new"]]
    assert (monitor.state().moved_to, monitor.state().moved_times) == (f"{site.address}/new", 2)
    with closing(open_store(monitor.database)) as store, store.read() as tx:
        assert sources.get(tx, "desk").address == f"{site.address}/desk"
        (notice,) = sources.notices(tx)
    assert (notice.kind, notice.noticed_at) == ("moved", NOON + DAY)
    assert f"{site.address}/new" in notice.reason


def test_a_move_is_listed(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages |= {"/desk": (301, "/new"), "/new": (200, site.feed(1))}
    runs(monitor, site, 0, 1)
    (tmp_path / "sahelwatch.toml").write_text('catalogue = "sources.toml"\n', encoding="utf-8")
    said = sahelwatch("sources", "--database", monitor.database, folder=tmp_path).out
    assert f"(moved to {site.address}/new)" in " ".join(said.split())
    assert "has a new address" in said


def test_a_move_for_a_while_is_not_remembered(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages |= {"/desk": (302, "/new"), "/new": (200, site.feed(1))}
    assert runs(monitor, site, 0, 1, 2) == [["/desk", "/new"]] * 3
    assert monitor.state().moved_to is None


def test_a_move_that_ends_or_leads_elsewhere_is_not_followed(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages |= {"/new": (200, site.feed(1)), "/other": (200, site.feed(1))}
    said = []
    for day, answer in enumerate([(301, "/new"), (200, site.feed(1)), (301, "/new"), (301, "/other"), (301, "/new")]):
        site.pages["/desk"] = answer
        said.append(runs(monitor, site, day)[0][0])
    assert said == ["/desk"] * 5
    assert monitor.state().moved_times == 1


@pytest.mark.parametrize("answer", [(500, "broken"), (404, "gone"), (200, LOGIN), (200, "")], ids=str)
def test_a_new_address_that_fails_gives_way_to_the_configured_one(
    answer: tuple[int, str], site: Site, tmp_path: Path
) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages |= {"/desk": (301, "/new"), "/new": (200, site.feed(1))}
    runs(monitor, site, 0, 1)
    site.pages |= {"/desk": (200, site.feed(1, 2)), "/new": answer}
    assert runs(monitor, site, 2, 3) == [["/new"], ["/desk"]]
    assert monitor.attempts()[-1] == ("ok", 200, 2, 1)


@pytest.mark.parametrize("answer", [(500, "broken"), (200, LOGIN)], ids=str)
def test_a_move_to_what_cannot_be_read_is_never_followed(answer: tuple[int, str], site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages |= {"/desk": (301, "/new"), "/new": answer}
    assert [asked[0] for asked in runs(monitor, site, 0, 2, 4, 6)] == ["/desk"] * 4


def test_a_second_move_is_followed_from_the_configured_address(site: Site, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path, site)
    site.pages |= {"/desk": (301, "/new"), "/new": (200, site.feed(1))}
    runs(monitor, site, 0, 1)
    site.pages |= {"/new": (308, "/newer"), "/newer": (200, site.feed(1))}
    asked = runs(monitor, site, 2, 3, 4)
    assert asked == [["/new", "/newer"], ["/desk", "/new", "/newer"], ["/newer"]]
