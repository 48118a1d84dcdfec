from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PASSWORD = "four unrelated words here"  # noqa: S105
WORK_MILLISECONDS = 240_000
ORDERS = "Kunde;Bestellung;Datum;Betrag\n" + "".join(
    f"k{number % 9};{number};{1 + number % 28:02d}.{1 + number % 6:02d}.2026;{number},50\n"
    for number in range(1, 60)
)


def unfit_for_some(page):
    """Return what keeps people from using a page, as axe finds it."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    found = axe.Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


@pytest.mark.parametrize(
    "real_database",
    ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])],
    indirect=True,
)
def test_a_file_goes_from_the_desk_into_the_records(served, page, tmp_path):
    page.goto(served)
    page.get_by_label("Your name").fill("Ines")
    page.get_by_label("E-mail address").fill("ines@firm.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Data").click()
    file = tmp_path / "Bestellungen März.csv"
    file.write_text(ORDERS + ";99;01.01.2026;1,00\n", encoding="utf-8")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Show how it is read").click()
    # The page looks again by itself until the file is read.
    page.get_by_text("59 rows can be brought in.").wait_for(timeout=WORK_MILLISECONDS)
    assert page.get_by_role("heading", level=1).inner_text() == "Bestellungen März.csv"
    assert page.locator("[name=customer]").input_value() == "Kunde"
    assert page.get_by_role("region", name="The first 20 rows of the file").locator("tbody tr").count() == 20
    assert unfit_for_some(page) == []
    page.get_by_label("Decimal sign").select_option("point")
    page.get_by_role("button", name="Read it again").click()
    page.get_by_text("cannot be used as it was read").or_(page.get_by_text("can be brought in.")).wait_for(
        timeout=WORK_MILLISECONDS
    )
    page.get_by_label("Decimal sign").select_option("")
    page.get_by_role("button", name="Read it again").click()
    page.get_by_text("59 rows can be brought in.").wait_for(timeout=WORK_MILLISECONDS)
    page.set_viewport_size({"width": 390, "height": 844})
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_text("68 new rows are in the records.").wait_for(timeout=WORK_MILLISECONDS)
    assert unfit_for_some(page) == []
    with page.expect_download() as taken:
        page.get_by_role("link", name="All rows set aside as a file").click()
    lines = taken.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "no customer" in lines[1]
    page.get_by_role("link", name="Data").first.click()
    page.get_by_role("heading", name="What is there").wait_for()
    assert unfit_for_some(page) == []
    assert page.evaluate(wider) <= 0
    assert page.complaints == []
