"""The first read of a source of the web is recorded without alert; what comes after it is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flows.settings import AlertSettings
from flows.stages.run import run_direct
from tests.flows.runs import NOON, exported
from tests.flows.stages.test_settle import Monitor, Site, site  # noqa: F401 (a fixture)
from tests.flows.test_source_faults import FIRST, SECOND

HOUR = timedelta(hours=1)


def feed(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>Le Courrier</title>{"".join(items)}</channel></rss>'


def test_fault_90_the_backlog_of_a_new_source_is_no_news(site: Site, tmp_path: Path) -> None:  # noqa: F811
    site.pages["/desk"] = (200, feed(FIRST))
    monitor = Monitor(tmp_path, site)
    first = monitor.run(NOON)
    assert first.versions
    assert first.alerts == ()
    assert first.versions[0].alert_reasons == ("the first read of its source is recorded without alert",)
    site.pages["/desk"] = (200, feed(SECOND, FIRST))
    second = monitor.run(NOON + HOUR)
    assert [alert.change for alert in second.alerts] == ["new"]
    assert {row["development_id"] for row in exported(monitor.database, "alerts")} == {
        f"D{second.alerts[0].development_id}"
    }


def test_a_source_that_never_gave_anything_has_its_baseline_still_to_come(site: Site, tmp_path: Path) -> None:  # noqa: F811
    site.pages["/desk"] = (503, "")
    monitor = Monitor(tmp_path, site)
    monitor.run(NOON)
    site.pages["/desk"] = (200, feed(FIRST))
    late = monitor.run(NOON + 24 * HOUR)
    assert late.versions
    assert late.alerts == ()


def test_the_baseline_can_be_switched_off(site: Site, tmp_path: Path) -> None:  # noqa: F811
    site.pages["/desk"] = (200, feed(FIRST))
    monitor = Monitor(tmp_path, site)
    settings = monitor._settings.model_copy(update={"alerts": AlertSettings(baseline=False)})
    assert run_direct(settings, as_of=NOON).alerts
