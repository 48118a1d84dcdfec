from __future__ import annotations

from datetime import date, timedelta

import pytest

from treue.app.customers import condition_fields, conditions, few, paging, queries, services
from treue.app.customers.export import COLUMNS
from treue.app.customers.models import Customer
from treue.app.measuring.models import Run, Score
from treue.kernel.errors import WrongArgument
from treue.models.expected import HORIZON_DAYS

TODAY = date(2026, 6, 30)


@pytest.fixture
def run(database):
    now, before = Run.objects.create(version="1"), Run.objects.create(version="1")
    for number, (rung, orders, amount, silent) in enumerate(
        [
            ("client", 5, 50_000, 10),
            ("client", 2, 9_900, 200),
            ("customer", 1, 1_000, 40),
            ("former", 3, 30_000, 400),
        ]
    ):
        made = Customer.objects.create(
            code=f"k-{number}",
            name=f"Ähle {number}",
            country="DE" if number % 2 else "NO",
            search_text=f"k-{number} ähle {number}",
            attributes={"shop": "oslo" if number else "berlin"},
        )
        Score.objects.create(
            run=now,
            customer=made,
            rung=rung,
            orders_count=orders,
            net_amount=amount,
            silent_days=silent,
            last_on=TODAY - timedelta(days=silent),
        )
        # What an earlier run said must not answer.
        Score.objects.create(run=before, customer=made, rung="suspect", orders_count=99, net_amount=1)
    Customer.objects.create(code="new", name="Neu", search_text="new neu")
    return now


def find(run, *conditions_, match="all", turned=False, words="", sort="code"):
    tree = {
        "match": "all",
        "groups": [
            {
                "match": match,
                "not": turned,
                "conditions": [dict(zip(("field", "op", "value"), one, strict=True)) for one in conditions_],
            }
        ],
    }
    wish = queries.Wish(words=words, tree=tree, sort=sort)
    scope = queries.Scope(run_id=run.pk, today=TODAY, currency="EUR", attributes=frozenset({"shop"}))
    whole = list(queries.find_customers(wish, scope).values_list("code", flat=True))
    # A page of few is found by other means than one of many, and than a list without an end.
    for most in (few.FEW, 0):
        with pytest.MonkeyPatch.context() as changed:
            changed.setattr(few, "FEW", most)
            page = paging.page_of(wish, scope, ["code"], 1, 100)
        assert [code for (code,) in page.rows] == whole
        assert (page.count, page.more) == (len(whole), False)
    return whole


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([("rung", "is", "client")], ["k-0", "k-1"]),
        ([("rung", "is_not", "client")], ["k-2", "k-3", "new"]),
        ([("orders", "least", "3")], ["k-0", "k-3"]),
        ([("money", "least", "99,00")], ["k-0", "k-1", "k-3"]),
        ([("money", "most", "98.99")], ["k-2"]),
        ([("last", "within", "40")], ["k-0", "k-2"]),
        ([("last", "older", "100")], ["k-1", "k-3"]),
        ([("last", "since", "2026-06-20")], ["k-0"]),
        ([("country", "is", "no")], ["k-0", "k-2"]),
        ([("name", "starts", "Ähle")], ["k-0", "k-1", "k-2", "k-3"]),
        ([("attribute:shop", "is", "oslo")], ["k-1", "k-2", "k-3"]),
        ([("rung", "is", "client"), ("silent", "least", "100")], ["k-1"]),
        ([], ["k-0", "k-1", "k-2", "k-3", "new"]),
    ],
)
def test_a_condition_finds_whom_it_names(run, asked, found):
    assert find(run, *asked) == found


def test_any_and_not_are_kept_apart(run):
    either = [("rung", "is", "customer"), ("orders", "least", "5")]
    assert find(run, *either, match="any") == ["k-0", "k-2"]
    assert find(run, *either, match="any", turned=True) == ["k-1", "k-3", "new"]
    assert find(run, *either, turned=True) == ["k-0", "k-1", "k-2", "k-3", "new"]


def test_a_search_knows_small_and_large_letters_of_every_alphabet(run):
    assert find(run, words="ÄHLE 1") == ["k-1"]
    assert find(run, words="nobody") == []


def test_a_list_is_sorted_with_the_unknown_last(run):
    assert find(run, sort="-money") == ["k-0", "k-3", "k-1", "k-2", "new"]
    assert find(run, sort="money") == ["k-2", "k-1", "k-3", "k-0", "new"]


@pytest.mark.parametrize(
    ("asked", "held", "lacking"),
    [
        (("attribute:shop", "is", "OSLO"), ["k-1", "k-2", "k-3"], ["k-0", "new"]),
        (("attribute:shop", "contains", "erl"), ["k-0"], ["k-1", "k-2", "k-3", "new"]),
        (("attribute:shop", "starts", "os"), ["k-1", "k-2", "k-3"], ["k-0", "new"]),
        (("attribute:shop", "is_not", "oslo"), ["k-0", "new"], ["k-1", "k-2", "k-3"]),
        (("attribute:shop", "empty", ""), ["new"], ["k-0", "k-1", "k-2", "k-3"]),
        (("company", "is", "firma"), [], ["k-0", "k-1", "k-2", "k-3", "new"]),
        (("country", "empty", ""), ["new"], ["k-0", "k-1", "k-2", "k-3"]),
    ],
)
def test_who_lacks_a_column_meets_no_condition_on_it_and_each_that_is_turned_round(run, asked, held, lacking):
    assert find(run, asked) == held
    assert find(run, asked, turned=True) == lacking
    # Among others in a group that is turned round, too.
    never = ("code", "is", "nobody")
    assert find(run, asked, never, match="any", turned=True) == lacking


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("country", "is", "DE"), ["1", "2", "3"]),
        (("country", "is", "Tyskland"), ["1", "2", "3"]),
        (("country", "is_not", "DE"), ["4", "5", "6", "7"]),
        (("country", "is", "narnia"), ["4"]),
        (("country", "contains", "ARN"), ["4"]),
        (("country", "empty", ""), ["5"]),
        (("country", "is", "ÖSTERREICH"), ["6"]),
        (("country", "is", "ÅLFHEIM"), ["7"]),
        (("country", "is_not", "ålfheim"), ["1", "2", "3", "4", "5", "6"]),
        (("language", "is", "de"), ["1", "2", "3"]),
        (("language", "is_not", "de"), ["4", "5", "6", "7"]),
    ],
)
def test_a_country_or_language_is_found_in_each_way_in_which_files_write_it(database, asked, found):
    told = [("de", "DE"), ("Germany", "de-AT"), ("DEUTSCHLAND", "German"), ("Narnia", "den"), ("", "")]
    told += [("Österreich", "nb"), ("Ålfheim", "nb")]
    for number, (country, language) in enumerate(told, start=1):
        Customer.objects.create(code=str(number), country=country, language=language)
    assert find(Run.objects.create(version="1"), asked) == found
    assert find(Run.objects.create(version="1"), asked, turned=True) == sorted({*"1234567"} - {*found})


@pytest.mark.parametrize("operator", ["is", "contains", "starts"])
@pytest.mark.parametrize("typed", ["øhler änne", "ØHLER ÄNNE", "Øhler Änne"])
def test_large_and_small_letters_of_every_alphabet_are_one(run, operator, typed):
    services.add_customer("Øhler Änne", email="ørjan@x.example", by="system")
    Customer.objects.filter(name="Øhler Änne").update(code="ø", attributes={"shop": "Øhler Änne"})
    assert find(run, ("name", operator, typed)) == ["ø"]
    assert find(run, ("attribute:shop", operator, typed)) == ["ø"]
    assert find(run, ("email", operator, "Ørjan@X.example")) == ["ø"]
    # What stands for anything in SQL stands for itself here.
    assert find(run, ("name", operator, "%")) == find(run, ("name", operator, "øhler_")) == []


NAMES = [
    "50 % Rabatt",
    "De_Vries",
    "de\\vries",
    "Kjell Åkerø",
    "KJELL ÅKERØ",
    "kiki",
    "Österreich",
    "Ελλάδα",
    "a" * 200,
]


@pytest.mark.parametrize("operator", ["is", "contains", "starts"])
@pytest.mark.parametrize(
    "typed",
    [
        *NAMES,
        "%",
        "_",
        "\\",
        "50 %",
        "e_v",
        "åker",
        "jell å",
        "ø",
        "k",
        "kjell ÅKERØ",
        "λΛά",
        "ö%",
        "_ö",
        "aaa",
    ],
)
def test_a_text_is_compared_as_it_is_written_whatever_its_size(run, operator, typed):
    Customer.objects.all().delete()
    Customer.objects.bulk_create(Customer(code=f"{n:02}", name=name) for n, name in enumerate(NAMES))
    fits = {"is": str.__eq__, "contains": str.__contains__, "starts": str.startswith}[operator]
    expected = [f"{n:02}" for n, name in enumerate(NAMES) if fits(name.lower(), typed.lower())]
    assert find(run, ("name", operator, typed)) == expected


@pytest.mark.parametrize("typed", ["österreich", "ÖSTERREICH", "Österreich", "austria", "AT", "autriche"])
def test_a_country_is_found_in_either_size_of_its_letters(run, typed):
    for code, country in enumerate(["ÖSTERREICH", "Österreich", "österreich", "at", "AUSTRIA", "Østerrike"]):
        Customer.objects.create(code=f"z{code}", country=country)
    found = find(run, ("country", "is", typed))
    assert found == ([] if typed == "autriche" else ["z0", "z1", "z2", "z3", "z4", "z5"])


def test_who_wants_no_messages_is_found(run):
    Customer.objects.filter(code__in=["k-1", "k-2"]).update(no_marketing=True)
    assert find(run, ("no_marketing", "is", "yes"), sort="-money") == ["k-1", "k-2"]
    assert find(run, ("no_marketing", "is", "no"), ("country", "is", "NO")) == ["k-0"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("password", "is", "x"), "“password” is nothing that customers can be chosen by"),
        (("attribute:shop__gt", "is", "x"), "is nothing that customers can be chosen by"),
        (("rung", "contains", "x"), "Rung cannot be compared with “contains”"),
        (("rung", "is", "king"), "“king” is none of those on offer"),
        (("orders", "least", "many"), "is no number"),
        (("orders", "least", "nan"), "is no number"),
        (("orders", "least", "1000000000000"), "too large"),
        (("money", "least", "1.000"), "can be read as 1000 or as 1; write it in one of these ways"),
        (("last", "since", "yesterday"), "would be right as 2026-03-31"),
        (("last", "within", "100000000000"), "more days than there have been"),
        (("name", "contains", ""), "write what to look for"),
    ],
)
def test_what_cannot_be_asked_is_said(run, asked, words):
    with pytest.raises(WrongArgument, match=words):
        find(run, asked)


def test_a_number_is_kept_as_it_means_the_same_in_every_language():
    one = {"field": "money", "op": "least", "value": "1.234,50"}
    kept = conditions.check({"groups": [{"conditions": [one]}]})
    assert kept["groups"][0]["conditions"][0]["value"] == "1234.5"
    assert conditions.check(kept) == kept


@pytest.mark.parametrize("tree", [[], {"groups": 3}, {"groups": [3]}, {"groups": [{"conditions": [3]}]}])
def test_what_is_no_tree_is_refused(tree):
    with pytest.raises(WrongArgument, match="tree"):
        conditions.check(tree)


@pytest.mark.parametrize("sort", ["password", "-id", "score__net_amount", "name); DROP TABLE x", ""])
def test_only_named_orders_reach_the_database(run, sort):
    with pytest.raises(WrongArgument, match="sort="):
        find(run, sort=sort)


@pytest.mark.parametrize("sort", ["-money", "money", "code", "-last"])
def test_pages_hold_the_list_in_its_order(run, sort):
    wish = queries.Wish(words="", tree={"groups": []}, sort=sort)
    scope = queries.Scope(run_id=run.pk, today=TODAY, currency="EUR")
    whole = list(queries.find_customers(wish, scope).values_list("code", flat=True))
    paged = []
    for number in (1, 2, 3):
        page = paging.page_of(wish, scope, ["code"], number, 2)
        assert (page.count, page.more) == (5, False)
        paged += [code for (code,) in page.rows]
    assert paged == whole
    assert paging.page_of(wish, scope, ["code"], 99, 2).rows == [(whole[-1],)]


def test_a_search_is_paged_too(run):
    wish = queries.Wish(words="ähle", tree={"groups": []}, sort="-money")
    scope = queries.Scope(run_id=run.pk, today=TODAY, currency="EUR")
    page = paging.page_of(wish, scope, ["code"], 1, 3)
    assert [code for (code,) in page.rows] == ["k-0", "k-3", "k-1"]
    assert (page.count, page.more) == (4, False)


def test_the_days_that_a_chance_is_named_with_are_those_it_is_computed_for():
    for label in (condition_fields.FIELDS["returns"].label, COLUMNS["return_share"].label):
        assert f"within {HORIZON_DAYS} days" in label
