"""Retention as somebody chooses to look at it: another window, another column, and what it takes to keep one."""

from __future__ import annotations

import re

import pytest

from treue.app.core.models import AuditEntry, Firm, Job
from treue.app.measuring import queries
from treue.app.measuring.models import Panel, Run
from treue.app.measuring.plain import to_plain

# What the page shows is written by the cycle, whose tests run on both databases.
pytestmark = pytest.mark.slow_on_postgres


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def windows():
    return queries.panel("windows", "en")["windows"]["names"]


def other_window():
    return next(one["days"] for one in windows() if not one["in_force"])


def test_every_window_stands_in_a_table_and_one_of_them_is_in_force(measured_people, browse):
    page = text_of(browse(measured_people["analyst"]), "/retention/")
    in_force = queries.shown_run().settings["window_days"]
    assert [one["days"] for one in windows() if one["in_force"]] == [in_force]
    assert len(windows()) > 2
    for one in windows():
        assert f'<th scope="row">{one["words"]}' in page
    assert f'<th scope="row">{in_force} days, in force</th>' in page
    assert "lost after a silence of" not in page


def test_another_window_is_drawn_when_somebody_chooses_it(measured_people, browse):
    days = other_window()
    page = text_of(browse(measured_people["analyst"]), f"/retention/?window={days}")
    assert f"lost after a silence of {days} days</h3>" in page
    in_force = queries.shown_run().settings["window_days"]
    assert f"All other figures count with {in_force} days" in page
    grains = queries.panel("retention", "en")["grains"]
    assert len(grains) > 1
    for grain in grains:
        assert f'href="/retention/?window={days}&amp;by={grain}"' in page
    for odd in ("0", "-1", "90 or 1=1", "<script>", str(in_force), "9" * 40):
        assert "lost after a silence of" not in text_of(
            browse(measured_people["analyst"]), f"/retention/?window={odd}"
        )


def test_each_column_that_divides_customers_can_be_chosen(measured_people, browse):
    client = browse(measured_people["analyst"])
    columns = queries.panel("groups", "en")["columns"]
    assert len(columns) > 2
    for one in columns:
        page = text_of(client, f"/retention/?divide={one['name']}")
        titles = re.findall(r'<h3 id="groups-\d">([^<]+)</h3>', page)
        assert titles == [f"By {one['words']}"]
        assert f'divide={one["name"]}#groups" aria-current="true"' in page
    first = re.findall(r'<h3 id="groups-\d">([^<]+)</h3>', text_of(client, "/retention/?divide=nothing"))
    assert first == [f"By {columns[0]['words']}"]


def test_an_owner_lets_everything_count_with_another_window(measured_people, browse):
    days, in_force = other_window(), queries.shown_run().settings["window_days"]
    client = browse(measured_people["owner"])
    page = text_of(client, f"/retention/?window={days}")
    assert f"Count with {days} days everywhere" in page
    answer = client.post("/retention/window/", {"days": str(days)})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/retention/?window={days}")
    assert Firm.the().window_days == days
    assert Job.objects.filter(kind="cycle", state=Job.State.WAITING).count() == 1
    kinds = list(AuditEntry.objects.order_by("-number").values_list("action", flat=True)[:2])
    assert sorted(kinds) == ["cycle.ordered", "firm.changed"]
    page = text_of(client, "/retention/")
    assert f"everything counts with {days} days" in page
    assert f"this page shows {in_force} days" in page


def test_only_a_window_of_the_table_can_be_taken_over(measured_people, browse):
    client = browse(measured_people["owner"])
    for odd in ("", "5000", "90.5", "x"):
        assert client.post("/retention/window/", {"days": odd}).status_code == 404
    assert Firm.the().window_days is None


def test_others_may_look_and_not_decide(measured_people, browse):
    days = other_window()
    for role in ("manager", "service", "analyst", "auditor"):
        client = browse(measured_people[role])
        page = text_of(client, f"/retention/?window={days}")
        assert "everywhere</button>" not in page
        assert "An owner can let everything count with another window" in page
        assert client.post("/retention/window/", {"days": str(days)}).status_code == 403, role
    assert Firm.the().window_days is None


def test_a_window_left_to_the_data_again_is_announced_too(measured_people, browse):
    run = queries.shown_run()
    Run.objects.filter(pk=run.pk).update(settings={**run.settings, "window_automatic": False})
    page = text_of(browse(measured_people["owner"]), "/retention/")
    assert "From the next figures on, everything counts with a window found in the data" in page


def test_figures_of_the_version_before_are_still_shown(measured_people, browse):
    """Before there were choices, one part held all columns, and there were no windows."""
    run = queries.shown_run()
    every = [
        queries.panel(f"groups-{place}", "en")["groups"][0]
        for place in range(1, 1 + len(queries.panel("groups", "en")["columns"]))
    ]
    Panel.objects.filter(run=run, name__startswith="window").delete()
    Panel.objects.filter(run=run, name__startswith="groups").delete()
    Panel.objects.create(run=run, language="en", name="groups", content=to_plain({"groups": every[:2]}))
    page = text_of(browse(measured_people["owner"]), "/retention/?window=90&divide=segment")
    assert 'id="windows"' not in page
    assert re.findall(r'<h3 id="groups-\d">([^<]+)</h3>', page) == [one["title"] for one in every[:2]]
    assert 'id="survival"' in page
