from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count

from treue.app.core import audit, jobs
from treue.app.core.models import AuditEntry, Firm, Job
from treue.app.core.worker import do
from treue.app.core.wrong import Wrong
from treue.app.customers.models import Contact, Customer, Purchase, Visit
from treue.app.measuring import cycle, queries
from treue.app.measuring.extract import open_history
from treue.app.measuring.models import Panel, Run, RunFigure, Score
from treue.app.measuring.people import Persons
from treue.engine.duckdb import DuckDBEngine
from treue.kernel.errors import NotEnoughData, Refused
from treue.kernel.registry import measures
from treue.kernel.units import day_number
from treue.ladder.standing import rungs_at
from treue.measures.rfm import rfm_scores
from treue.models.choice import choose_model
from treue.models.predictions import predict
from treue.report.at_risk import ranked_care
from treue.report.measured import REPORTED


def silent(_words, _share):
    pass


def again(**more):
    return cycle.run_now(silent, by=audit.COMMAND, **more)


@pytest.fixture
def run(measured):
    return queries.shown_run()


def same(found, expected):
    if isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-9)
    return found == expected


def not_the_librarys(run, library_report):
    """Return the place of each figure of a run that differs from the library's, and in what."""
    expected = {
        (figure.id, figure.window, figure.period, figure.segment): figure.as_dict()
        for figure in library_report.figures
    }
    rows = RunFigure.objects.filter(run=run)
    found = {(row.name, row.window, row.period, row.segment): row.figure for row in rows}
    assert len(found) > 300
    wrong = {place: ["is there"] for place in found.keys() ^ expected.keys()}
    for place in found.keys() & expected.keys():
        different = [key for key, value in expected[place].items() if not same(found[place][key], value)]
        if different:
            wrong[place] = different
    return wrong


def test_the_figures_are_the_librarys_own(run, library, library_report):
    assert run.as_of == library.as_of
    assert not_the_librarys(run, library_report) == {}


def test_one_figure_that_is_not_the_librarys_is_found(run, library_report):
    low = RunFigure.objects.get(run=run, name="retention_rate", stands=True)
    low.figure["ci_low"] *= 1.000001
    low.save()
    early = RunFigure.objects.get(run=run, name="attrition_rate", stands=True)
    early.window = "2024-01-01/2024-02-01"
    early.save()
    found = not_the_librarys(run, library_report)
    assert found.pop(("retention_rate", low.window, low.period, low.segment)) == ["ci_low"]
    assert {place[0] for place in found} == {"attrition_rate"}
    assert len(found) == 2


def test_every_measure_of_the_library_is_kept_each_night():
    assert {*REPORTED, *cycle.MORE} == set(measures())


def test_each_score_is_what_the_library_says_of_the_customer(run, library):
    codes = dict(Customer.objects.values_list("pk", "code"))
    scores = {codes[score.customer_id]: score for score in Score.objects.filter(run=run)}
    rungs = library.engine.arrow(rungs_at(library)).to_pylist()
    assert scores.keys() == {row["customer_id"] for row in rungs}
    for row in rungs:
        score = scores[row["customer_id"]]
        assert (score.rung, score.evidence) == (row["rung"], row["evidence"])
        assert day_number(score.rung_since) == row["since_day"]
    month_ago = library.engine.arrow(rungs_at(library, library.as_of_day + 1 - 30)).to_pylist()
    before = {row["customer_id"]: row["rung"] for row in month_ago}
    assert {code: score.rung_before for code, score in scores.items() if score.rung_before} == before
    for row in library.engine.arrow(rfm_scores(library)).to_pylist():
        score = scores[row["customer_id"]]
        assert (score.orders_count, score.net_amount, score.silent_days) == (
            row["orders_count"],
            row["net_amount"],
            row["recency_days"],
        )
        assert (score.recency_score, score.frequency_score, score.money_score) == (
            row["recency_score"],
            row["frequency_score"],
            row["value_score"],
        )
        assert score.last_on == library.as_of - timedelta(days=row["recency_days"])


def test_the_care_list_is_the_librarys(run, library):
    codes = dict(Customer.objects.values_list("pk", "code"))
    listed = Score.objects.filter(run=run, care_rank__isnull=False).order_by("care_rank")
    told = [(codes[one.customer_id], one.care_rank, one.stake, one.usual_gap_days) for one in listed]
    rows = enumerate(ranked_care(library), start=1)
    expected = [(row["customer_id"], place, row["stake"], row["usual_gap_days"]) for place, row in rows]
    assert [one[2:] for one in told] == [one[2:] for one in expected]
    assert sorted(told, key=str) == sorted(expected, key=str) or len({one[2] for one in told}) < len(told)
    assert {score.risk for score in listed} == {"silent"}


def test_a_rhythm_is_said_only_of_who_has_one(run):
    words = dict(Score.objects.filter(run=run).values_list("customer_id", "risk"))
    one_day = Score.objects.filter(run=run, gaps_count=0, orders_count__gt=0)
    assert one_day.exists()
    assert not {words[one.customer_id] for one in one_day} & {"none", "silent"}
    assert not Score.objects.filter(run=run, risk="gone", alive_share__gt=0.05).exists()
    assert not Score.objects.filter(run=run, risk="gone", alive_share=None).exists()
    assert Score.objects.filter(run=run, risk="lapsed", rung="former").exists()


def test_what_lies_ahead_is_the_librarys(run, library):
    choice = choose_model(library)
    assert choice.model is not None
    codes = dict(Customer.objects.values_list("pk", "code"))
    scores = {codes[one.customer_id]: one for one in Score.objects.filter(run=run)}
    soon = {row["customer_id"]: row for row in predict(library, 90, choice).to_pylist()}
    year = {row["customer_id"]: row for row in predict(library, 365, choice).to_pylist()}
    for code, row in soon.items():
        score = scores[code]
        assert score.return_share == pytest.approx(row["probability_of_purchase"], rel=1e-9)
        assert same(score.alive_share, row["probability_alive"])
        worth = year[code]["expected_revenue"]
        if worth is None:
            assert score.value_ahead is None
        elif run.settings["worth"] == "margin_share":
            assert score.value_ahead == pytest.approx(worth * 100 * 0.4, abs=1)
            share = run.settings["worth_share"]
            assert share == 0.4
            made = score.orders_ahead * score.order_worth * share
            assert score.value_ahead == pytest.approx(made, rel=0.01, abs=1)
            assert score.orders_ahead == pytest.approx(year[code]["expected_purchases"], rel=1e-9)
        limits = (score.orders_ahead_low, score.orders_ahead_high)
        assert limits == (year[code]["expected_purchases_low"], year[code]["expected_purchases_high"])
    assert Score.objects.filter(run=run).exclude(return_share=None).count() == len(soon)


def test_pages_are_written_in_three_languages_and_read_back(run):
    each = Panel.objects.filter(run=run).values_list("language").annotate(count=Count("id"))
    assert dict(each).keys() == {"en", "de", "nb"}
    assert len(set(dict(each).values())) == 1
    english, german = queries.panel("retention", "en"), queries.panel("retention", "de")
    assert german["retention"]["blocks"][0]["scale"].__html__().startswith("<svg")
    assert german["retention"]["blocks"][0]["label"] != english["retention"]["blocks"][0]["label"]


def score(run_id, customer_id):
    return Score.objects.filter(run_id=run_id, customer_id=customer_id).first()


def test_who_objected_has_no_score_in_any_run_but_counts(measured_twice):
    told = measured_twice
    first, second = (Run.objects.get(pk=told[name]) for name in ("first", "second"))
    gone = [told[name] for name in ("objector", "restricted", "late", "loser", "quiet", "loud")]
    assert not Score.objects.filter(customer_id__in=gone).exists()
    # One is restricted, two pairs are one each; who objected still counts.
    assert second.data["customers"] == first.data["customers"] - 3
    assert second.data["scores"] == Score.objects.filter(run=second).count()


def test_the_care_list_has_no_gap_where_somebody_objected(measured_twice):
    ranks = sorted(Score.objects.exclude(care_rank=None).values_list("care_rank", flat=True))
    # Who objected while the list was written leaves a place empty until tomorrow.
    assert len(ranks) >= len(set(range(1, max(ranks) + 1))) - 1
    assert measured_twice["listed"] - 8 < len(ranks) < measured_twice["listed"]


def test_merged_records_count_as_one_at_once(measured_twice):
    found = score(measured_twice["second"], measured_twice["winner"])
    both = Purchase.objects.filter(customer_id__in=[measured_twice["winner"], measured_twice["loser"]])
    assert 0 < found.orders_count <= both.count()
    assert found.orders_count > both.exclude(customer_id=measured_twice["loser"]).count() - 2


def test_attributes_of_files_divide_customers(measured_twice):
    figures = RunFigure.objects.filter(run_id=measured_twice["second"], name="retention_rate")
    assert {"oslo", "berlin"} <= set(figures.values_list("segment", flat=True))


def test_a_new_run_replaces_scores_and_pages_and_keeps_figures(measured_twice):
    first, second = measured_twice["first"], measured_twice["second"]
    assert Firm.objects.get().run_id == second
    assert set(Score.objects.values_list("run_id", flat=True)) == {second}
    assert set(Panel.objects.values_list("run_id", flat=True)) == {second}
    assert set(RunFigure.objects.filter(run=first).values_list("stands", flat=True)) == {True}
    assert RunFigure.objects.filter(run=second, stands=False).exists()
    assert AuditEntry.objects.filter(action="cycle.done").count() == 2


def test_the_history_of_a_figure_has_one_value_a_day(measured_twice):
    newest = queries.history_of("retention_rate")
    assert [run.pk for run, _ in newest] == [measured_twice["second"]]
    Run.objects.filter(pk=measured_twice["first"]).update(as_of=date(2024, 1, 31))
    assert [run.as_of for run, _ in queries.history_of("retention_rate")][1] == date(2024, 1, 31)


def test_while_one_runs_a_second_is_refused(database):
    job = jobs.order("cycle")
    assert jobs.claim(job.id)
    with pytest.raises(Wrong, match="running already"):
        again()
    assert not Run.objects.exists()


def test_of_two_at_work_one_arrives(database):
    late = cycle.begin()
    newer = cycle.begin()
    newer.data = dict.fromkeys(("customers", "scores", "figures"), 0)
    cycle.swap(newer, by=audit.SYSTEM)
    with pytest.raises(Refused, match="taken over"):
        cycle.swap(late, by=audit.SYSTEM)
    assert Firm.objects.get().run_id == newer.pk
    assert [run.state for run in Run.objects.order_by("pk")] == ["failed", "done"]


def test_without_data_it_ends_with_a_sentence(real_database):
    with pytest.raises(NotEnoughData, match="neither a purchase nor a contract"):
        again()
    assert Job.objects.get().state == Job.State.DONE
    job = jobs.order("cycle")
    assert jobs.claim(job.id)
    assert do(job.id)
    job.refresh_from_db()
    assert (job.state, job.words[:13]) == ("done", "There is neit")
    assert Firm.objects.get().run_id is None


def test_who_asks_it_to_stop_is_heard(measured_real):
    run = queries.shown_run()

    def stop(_words, _share):
        raise jobs.CancelledError("enough")

    with pytest.raises(jobs.CancelledError):
        cycle.run_now(stop, by=audit.COMMAND)
    assert queries.shown_run() == run
    assert jobs.latest("cycle").state == Job.State.CANCELLED


def bought(code, day, hour=12):
    who, _ = Customer.objects.get_or_create(code=code)
    Purchase.objects.create(
        code=f"{code}-{day}-{hour}",
        customer=who,
        ordered_at=datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
        net_amount=100,
        currency="EUR",
    )


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(2026, 6, 30), date(2026, 6, 29)),
        (date(2026, 6, 28), date(2026, 6, 28)),
        (date(2026, 3, 1), date(2026, 3, 1)),
    ],
)
def test_the_last_day_is_yesterday_or_as_far_as_the_data_reach(real_database, last, expected):
    today = date(2026, 6, 30)
    bought("a", date(2026, 1, 5))
    bought("a", last)
    # What staff write down themselves does not mean that orders have come in.
    Contact.objects.create(
        code="c",
        customer=Customer.objects.get(code="a"),
        opened_at=datetime(2026, 6, 29, 9, tzinfo=UTC),
        actor="user:1",
    )
    with DuckDBEngine() as engine:
        history = open_history(Firm.the(), engine, Persons.now(), as_of=None, today=today)
        assert history.as_of == expected


def test_a_visit_or_an_answer_does_not_mean_that_orders_have_come_in(real_database):
    bought("a", date(2026, 1, 5))
    bought("a", date(2026, 4, 30))
    lea = Customer.objects.get(code="a")
    Visit.objects.create(code="v", customer=lea, at=datetime(2026, 5, 30, 9, tzinfo=UTC), kind="page")
    with DuckDBEngine() as engine:
        history = open_history(Firm.the(), engine, Persons.now(), as_of=None, today=date(2026, 5, 31))
        assert history.as_of == date(2026, 4, 30)


def test_days_are_those_of_the_firm(real_database):
    Firm.the()
    Firm.objects.update(timezone="Pacific/Kiritimati")
    bought("a", date(2026, 6, 1), hour=11)
    bought("b", date(2026, 6, 1), hour=9)
    with DuckDBEngine() as engine:
        history = open_history(Firm.the(), engine, Persons.now(), as_of=None, today=date(2026, 7, 1))
        days = history.engine.arrow(history.active_days.select("day"))["day"].to_pylist()
        zone = ZoneInfo("Pacific/Kiritimati")
    expected = [datetime(2026, 6, 1, hour, tzinfo=UTC).astimezone(zone).date() for hour in (9, 11)]
    assert (
        sorted(days)
        == [day_number(day) for day in expected]
        == [day_number(date(2026, 6, 1)), day_number(date(2026, 6, 2))]
    )


def test_a_list_of_bare_ids_adds_nobody(real_database):
    bought("a", date(2026, 1, 5))
    with DuckDBEngine() as engine:
        history = open_history(Firm.the(), engine, Persons.now(), as_of=None, today=date(2026, 7, 1))
        assert not history.has("customers")
    Customer.objects.create(code="known")
    with DuckDBEngine() as engine:
        history = open_history(Firm.the(), engine, Persons.now(), as_of=None, today=date(2026, 7, 1))
        assert history.has("customers")
