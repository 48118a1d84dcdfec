"""Lists of customers go out through the page and come in again: no byte of a name is lost, and nothing is computed."""

from __future__ import annotations

import csv
import io
import random
import re
import shutil
import subprocess
from decimal import Decimal

import pytest

from treue.app.core.models import Firm, User
from treue.app.customers import export
from treue.app.customers import services as services_of_customers
from treue.app.customers.importing import services, work
from treue.app.customers.importing.contact_files import layout_of
from treue.app.customers.models import Customer, ExternalId, ImportedFile, Purchase, Return
from treue.app.measuring.models import Run, Score
from treue.kernel.guard import STARTS_FORMULA, unguarded
from treue.kernel.language import Language

PIECES = [
    "Lea", "O'Neil", "'", "''", "Null", "null", "NaN", "נועה", "محمد", "\u202eabc", "e\u0301", "Ångström", "👩‍👩‍👧", "𝕏", "山田\u3000太郎",
    "\u200b", "\u200d", "\ufeff", "\u00a0", "=1+1", "+47 22 33", "-5", "@SUM(A1)", "%0A", "＝1+1", "＋1", "－1", "＠x", "=", ";", ",", '"',
    '"="', "1,5", "1.5", "01.02.2026", "TRUE", "a|b", "sep=;", "{=1}", "#REF!", "\\", "<b>",
    "Jens;=1+1", "Jens,=1+1", "Ada|@x", 'Eve;"=1+1"', "a;'=b", "a;''=b", "'", "''=", ";'=",
]  # fmt: skip
FORMS = [("spreadsheet", "en"), ("spreadsheet", "de"), ("spreadsheet", "nb"), ("machines", "en")]
NUMBER = re.compile(r"-?\d+([.,]\d+)?")


def names(count, seed=1):
    """Make names that begin with and hold whatever a name may: each is as the records keep it, stripped."""
    rng = random.Random(seed)
    made = [*PIECES, *(f"{sign}x" for sign in STARTS_FORMULA if sign.isprintable())]
    made = [name.strip() for name in made if name.strip()]
    while len(made) < count:
        name = rng.choice(["", " "]).join(rng.choices(PIECES, k=rng.randint(1, 6))).strip()
        made += [name] if name else []
    return made[:count]


@pytest.fixture
def owner(real_database):
    return User.objects.create_user("ines@firm.example", "four unrelated words", name="Ines", role="owner")


def fill(count):
    told = {f"c{number}": name for number, name in enumerate(names(count))}
    Customer.objects.bulk_create(
        [Customer(code=code, name=name, company=name) for code, name in told.items()]
    )
    ids = Customer.objects.values_list("pk", "code")
    ExternalId.objects.bulk_create([ExternalId(customer_id=pk, value=code) for pk, code in ids])
    return told


def taken_out(owner, browse, form, code, **more):
    User.objects.filter(pk=owner.pk).update(language=code)
    owner.refresh_from_db()
    answer = browse(owner, HTTP_ACCEPT_LANGUAGE=code).post(
        "/customers/export/", {"form": form, "every": "yes", **more}
    )
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


class Work:
    """What a piece of work is given, without a worker around it."""

    def __init__(self, file):
        self.subject = f"import:{file.pk}"

    def tell(self, words, share):
        pass


def bring_in(content, name="customers.csv", **choices):
    file = services.receive(name, [content], by="command")
    if choices:
        services.correct(file, choices, by="command")
    work.work_reading(Work(file))
    file.refresh_from_db()
    assert file.why == ""
    ImportedFile.objects.filter(id=file.id).update(state="running")
    return work.bring_in(file, lambda *_: None)


def cells_of(content, code, form):
    separator = ";" if form == "spreadsheet" and code != "en" else ","
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


def round_trip(owner, browse, form, code, count):
    told = fill(count)
    content = taken_out(owner, browse, form, code)
    Customer.objects.all().delete()
    file = bring_in(content)
    assert (file.kind, file.rows_read, file.accepted) == ("contacts", len(told), len(told))
    return told, content, dict(Customer.objects.values_list("code", "name"))


def computed(content, code, form):
    """Whether any cell begins as a formula does."""
    cells = [cell for row in cells_of(content, code, form) for cell in row]
    return any(cell.startswith(STARTS_FORMULA) and not NUMBER.fullmatch(cell) for cell in cells)


@pytest.mark.slow_on_postgres
def test_every_name_comes_back_byte_for_byte(owner, browse):
    for form, code in FORMS:
        told, content, found = round_trip(owner, browse, form, code, 300)
        assert found == told
        assert dict(Customer.objects.values_list("code", "company")) == told
        # What Treue computed itself is no attribute of a customer.
        assert not any(Customer.objects.values_list("attributes", flat=True))
        assert computed(content, code, form) == (form == "machines")
        Customer.objects.all().delete()


@pytest.mark.parametrize(("form", "code"), FORMS)
def test_no_column_of_a_list_becomes_a_further_one(form, code):
    language = Language(code, "treue.app")
    heads = [
        column.head(language) if form == "spreadsheet" else name for name, column in export.COLUMNS.items()
    ]
    layout = layout_of(heads)
    assert (layout.further, layout.dropped) == ({}, ())
    back = {"id", "name", "company", "email", "phone", "language", "country", "segment", "acquired_via"}
    assert layout.columns.keys() == back


WORDS = ["client", "unusually silent", "expert", "yes", "no"]


def test_a_list_for_a_spreadsheet_says_codes_and_flags_in_words_and_comes_back(owner, browse):
    firm = Firm.the()
    firm.run = Run.objects.create(version="1", state="done")
    firm.save()
    shops = {"c1": "=Oslo", "c2": "Bergen", "c3": ""}
    for form, code in FORMS:
        for number, (name, shop) in enumerate(shops.items()):
            made = Customer.objects.create(
                code=name, name=name, expertise="expert", acquired_via="+Messe", no_marketing=number == 1,
                attributes={"shop": shop, "rung": "own"} if shop else {},
            )  # fmt: skip
            services_of_customers.add_contact_point(made, "email", f"{name}@x.example", by="system")
            ExternalId.objects.create(customer=made, value=name)
            Score.objects.create(
                run=firm.run, customer=made, rung="client", risk="silent", return_share=0.9903697217647698
            )
        content = taken_out(owner, browse, form, code)
        language = Language(code, "treue.app")
        names = [c.head(language) if form == "spreadsheet" else c.name for c in export.COLUMNS.values()]
        heads, *rows = cells_of(content, code, form)
        assert heads == [*names, "attribute:rung" if form == "machines" else "rung", "shop"]
        cells = dict(
            zip([*export.COLUMNS, "own rung", "shop"], next(r for r in rows if r[0] == "c2"), strict=True)
        )
        told = [cells[name] for name in ("rung", "risk", "expertise", "no_marketing", "no_profiling")]
        if form == "spreadsheet":
            assert told == [language.gettext(word) for word in WORDS]
            assert cells["return_share"] == ("0.9904" if code == "en" else "0,9904")
        else:
            assert told == ["client", "silent", "expert", "true", "false"]
            assert cells["return_share"] == "0.9903697217647698"
        Score.objects.all().delete()
        Customer.objects.all().delete()
        assert bring_in(content).accepted == 3
        back = Customer.objects.order_by("code").values_list(
            "code", "attributes", "acquired_via", "no_marketing"
        )
        # One that is called as ours is told apart where it can be.
        own = {"attribute_rung": "own"} if form == "machines" else {}
        assert list(back) == [
            (name, ({"shop": shop} | own) if shop else {}, "+Messe", name == "c2")
            for name, shop in shops.items()
        ]
        Customer.objects.all().delete()


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(("form", "code"), FORMS)
def test_ten_thousand_names_come_back_byte_for_byte(owner, browse, form, code):
    told, content, found = round_trip(owner, browse, form, code, 10_000)
    assert len(told) == 10_000
    assert found == told
    assert computed(content, code, form) == (form == "machines")


def test_an_importer_that_leaves_the_guard_on_would_fail(owner, browse):
    told = fill(300)
    content = taken_out(owner, browse, "spreadsheet", "en")
    Customer.objects.all().delete()
    # Under a first column of this name Treue takes every cell as it is.
    bring_in(content.replace(b'\xef\xbb\xbf"Customer number",', b"\xef\xbb\xbfcustomer_id,", 1))
    found = dict(Customer.objects.values_list("code", "name"))
    assert found != told
    assert {code: unguarded(name) for code, name in found.items()} == told


def test_what_a_name_must_not_hold_breaks_nothing(owner, browse):
    Customer.objects.create(code="c1", name="Lea\rBrandt")
    Customer.objects.create(code="c2", name="\rKim\nJo")
    for form, code in FORMS:
        content = taken_out(owner, browse, form, code)
        assert bring_in(content).set_aside == 0
        assert b"\0" not in content
    assert list(export.csv_lines(["a"], [["x\0=1"]], spreadsheet=True))[1] == '"x=1"\r\n'
    assert list(export.csv_lines(["a"], [["\0=1"]], spreadsheet=True))[1] == '"\'=1"\r\n'


def test_amounts_go_out_as_numbers_of_the_language_and_come_back_equal(real_database):
    Firm.the()
    Firm.objects.update(currency="EUR")
    amounts = [-1234, 5, 100_000, 123_456_789, 1_050, 99]
    for form, code in FORMS:
        separator, sign = (";", ",") if form == "spreadsheet" and code != "en" else (",", ".")
        rows = [
            [f"c{n}", "2026-01-02", export.amount(one, "EUR"), n] for n, one in enumerate(amounts, start=1)
        ]
        lines = export.csv_lines(
            ["Kunde", "Datum", "Betrag", "Bestellung"],
            rows,
            spreadsheet=form == "spreadsheet",
            delimiter=separator,
            decimal_sign=sign,
        )
        content = "".join(lines).encode()
        assert re.search(rf'{separator}"?-12{re.escape(sign)}34"?{separator}'.encode(), content)
        bring_in(content, "orders.csv")
        found = dict(Purchase.objects.values_list("customer__code", "net_amount"))
        found |= {one: -amount for one, amount in Return.objects.values_list("customer__code", "amount")}
        assert found == {f"c{n}": one for n, one in enumerate(amounts, start=1)}
        Customer.objects.all().delete()


def test_the_sign_of_a_guarded_amount_of_another_program_counts(real_database):
    for number, cell in enumerate(("'-12.34", "'-12,34", "'+12,34")):
        text = f"customer_id;Datum;Betrag;Bestellung\nc1;02.01.2026;10;1{number}\nc1;03.01.2026;{cell};2{number}\n"
        bring_in(text.encode(), "orders.csv", decimals="point" if "." in cell else "comma")
    assert list(Return.objects.values_list("amount", flat=True)) == [1234, 1234]
    assert sorted(Purchase.objects.values_list("net_amount", flat=True)) == [1000, 1000, 1000, 1234]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not here; Debian has it as libreoffice-calc-nogui"
)
@pytest.mark.parametrize(("form", "code"), FORMS[:2])
def test_libreoffice_computes_nothing_in_a_list_for_spreadsheets(owner, browse, tmp_path, form, code):
    fill(2_000)
    # A file that is brought in has a blank for each tab of a name.
    Customer.objects.create(code="tab", name="Kim\t=2+2", company='Kim\t"=2+2"')
    listed = tmp_path / "customers.csv"
    listed.write_bytes(taken_out(owner, browse, form, code))
    bare = tmp_path / "bare.csv"
    for separator in ",;\t":
        assert formulas_in(listed, separator, tmp_path) == 0
        bare.write_text(f"a,b\nx{separator}=1+1{separator}x\n")
        assert formulas_in(bare, separator, tmp_path) == 1, "LibreOffice computes what nobody guards"


def formulas_in(file, separator, folder):
    """Return in how many cells LibreOffice sees a formula."""
    options = f"CSV:{ord(separator)},34,76,1,,0,false,true,false,false,false"
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
            f"--infilter={options}", "--convert-to", "fods", "--outdir", str(folder), str(file),
        ],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return (folder / f"{file.stem}.fods").read_text().count("table:formula=")


def test_a_computed_number_is_exact():
    assert export.amount(-1, "EUR") == Decimal("-0.01")
    assert list(export.csv_lines(["a"], [[Decimal("0.00")], [1e-9]], spreadsheet=True, decimal_sign=","))[
        1:
    ] == [
        '"0,00"\r\n',
        '"1e-09"\r\n'.replace('"', ""),
    ]
