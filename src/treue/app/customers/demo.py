"""An invented firm to look around in: simulated up to yesterday, brought in like any other, and removed again."""

from __future__ import annotations

import random
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from treue.app.core import audit, jobs
from treue.app.core.models import Firm, Job
from treue.app.core.wrong import Wrong
from treue.app.customers import contact_desk, search
from treue.app.customers.models import Blocked, ContactPoint, Customer, ImportedFile, Merge, Promise
from treue.kernel.language import Language, message

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django.db.models import Model

    from treue.app.core.jobs import Working

NAME: Final = "Fjordkaffe"
"""Of the firm, and of the file from which it is brought in."""
CUSTOMERS: Final = 5_000
MONTHS: Final = 24
SEED: Final = 1
SIMULATE_SHARE, IMPORT_SHARE = 0.25, 0.9
WRITE_LINE: Final = 1_000

GIVEN: Final = (
    *(
        "Lea",
        "Jonas",
        "Mia",
        "Finn",
        "Anna",
        "Paul",
        "Clara",
        "Emil",
        "Nora",
        "Lars",
        "Ingrid",
        "Olav",
        "Silje",
        "Håkon",
    ),
    *(
        "Åse",
        "Magnus",
        "Emma",
        "Oscar",
        "Ruth",
        "Henry",
        "Alice",
        "George",
        "Jürgen",
        "Käthe",
        "Maren",
        "Sven",
        "Ida",
        "Tuva",
    ),
)
FAMILY: Final = (
    *(
        "Brandt",
        "Vogel",
        "Hansen",
        "Nilsen",
        "Moen",
        "Lund",
        "Berg",
        "Dahl",
        "Schäfer",
        "Krüger",
        "Weiß",
        "Lange",
    ),
    *(
        "Haugen",
        "Ødegård",
        "Strand",
        "Baker",
        "Reed",
        "Cole",
        "Marsh",
        "Wood",
        "Öhler",
        "Fuchs",
        "Bakke",
        "Solheim",
    ),
)
PROMISED: Final = (
    message("Call back"),
    message("Send a sample"),
    message("Replace the cup"),
    message("Answer the question on the invoice"),
    message("Look for the parcel"),
)
TOLD: Final = (
    message("Asked whether the dark roast is back."),
    message("Delivery came two days late."),
    message("Wants to pause the subscription over the summer."),
    message("Thanked us for the card."),
    message("The grinder makes a noise; sent a photo."),
    message("Asked for an invoice with another address."),
)


def work(working: Working) -> None:
    """Make the demonstration firm; the job ``demo``."""
    fill(working.tell, by=audit.SYSTEM)


def fill(tell: Callable[[str, float], None], *, by: audit.Actor, customers: int = CUSTOMERS) -> None:
    """Fill an empty system with an invented firm whose history ends yesterday; one that was begun is finished.

    Parameters
    ----------
    tell : callable
        Takes what is being done and the share done, 0 to 1.
    by : User or str
        Who asked for it.
    customers : int
        How many.

    Raises
    ------
    Wrong
        When there are customers already.
    """
    _begin()
    try:
        if not Customer.objects.exists():
            _bring_in(customers, tell, by=by)
    except BaseException:
        # Whoever is killed leaves the mark, and who comes next goes on from there.
        if not Customer.objects.exists():
            Firm.objects.filter(id=1).update(is_demo=False)
        raise
    tell("naming customers", IMPORT_SHARE)
    _finish(by=by)


def half_made() -> bool:
    """Whether a demonstration was begun and did not come to its end."""
    return Firm.the().is_demo and not ContactPoint.objects.exists()


@transaction.atomic
def _begin() -> None:
    """Say that whoever comes now is invented, before anybody does."""
    begun = half_made()
    # First, so that whoever adds a customer at this moment waits, or has added them by the next look.
    Firm.objects.filter(id=1).update(is_demo=True)
    if Customer.objects.exists() and not begun:
        raise Wrong(message("There are customers here already; the demonstration firm needs an empty system"))
    if Job.objects.filter(kind="import", state__in=[Job.State.WAITING, Job.State.RUNNING]).exists():
        raise Wrong(
            message("A file is being brought in right now; the demonstration firm needs an empty system")
        )


def _bring_in(customers: int, tell: Callable[[str, float], None], *, by: audit.Actor) -> None:
    from treue.app.customers.importing.left_over import remove_waiting
    from treue.app.customers.importing.services import import_paths

    # Whoever was killed before left one that never came to its end.
    left = ImportedFile.objects.filter(state=ImportedFile.State.RUNNING)
    for number in left.values_list("pk", flat=True):
        remove_waiting(number)
    left.delete()
    folder = Path(tempfile.mkdtemp(prefix="treue-demo-"))
    span = IMPORT_SHARE - SIMULATE_SHARE
    try:
        _simulate(folder, customers, tell)
        import_paths(
            [folder / NAME],
            by=by,
            tell=lambda words, share: tell(words, SIMULATE_SHARE + span * share),
            invented=True,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@transaction.atomic
def _finish(*, by: audit.Actor) -> None:
    """Give everybody a name, all or nobody."""
    from treue.app.customers.importing.queries import count_quality

    _name()
    for file in ImportedFile.objects.filter(state=ImportedFile.State.DONE):
        # Counted before anybody had an address.
        file.reading["quality"] = count_quality()
        file.save(update_fields=["reading"])
    Firm.objects.filter(id=1, name="").update(name=NAME)
    audit.write("demo.made", by=by)


def _simulate(folder: Path, customers: int, tell: Callable[[str, float], None]) -> None:
    from treue.simulate.firm import simulate_firm

    today = timezone.now().date()
    month = today.year * 12 + today.month - 1 - MONTHS
    simulate_firm(
        folder / "all",
        customers=customers,
        # The running month too; what lies ahead of yesterday is cut off.
        months=MONTHS + 1,
        seed=SEED,
        started_on=today.replace(year=month // 12, month=month % 12 + 1, day=1),
        progress=lambda done, whole: tell("simulating customers", SIMULATE_SHARE * done / max(whole, 1)),
    )
    _up_to(today, folder / "all", folder / NAME)


def _up_to(today: date, source: Path, target: Path) -> None:
    """Copy tables without what has not happened yet."""
    import duckdb

    from treue.history.bounds import EVENT_INSTANTS
    from treue.history.tables import TABLES

    target.mkdir()
    moments = {**EVENT_INSTANTS, "contracts": "started_on", "promises": "made_at", "merges": "merged_at"}
    with duckdb.connect() as database:
        for file in sorted(source.glob("*.parquet")):
            table = TABLES[file.stem]
            kept = moments.get(file.stem)
            later = [
                column.name
                for column in table.columns
                if column.type in {"instant", "date"} and column.name != kept and not column.required
            ]
            cut = ", ".join(f"CASE WHEN {name} < DATE '{today}' THEN {name} END AS {name}" for name in later)
            columns = f"* REPLACE ({cut})" if cut else "*"
            where = f'WHERE "{kept}" < DATE \'{today}\' OR "{kept}" IS NULL' if kept else ""
            database.execute(
                f"COPY (SELECT {columns} FROM '{file}' {where}) TO '{target / file.name}' (FORMAT parquet)"
            )


def _name() -> None:
    """Give invented people names and addresses, always the same, and what was said in the firm's language."""
    chance = random.Random(SEED)  # noqa: S311  (names of nobody are no secret)
    language = Language(Firm.the().language, "treue.app")
    people, points = [], []
    for customer in Customer.objects.order_by("id").iterator():
        given, family = chance.choice(GIVEN), chance.choice(FAMILY)
        customer.name = f"{given} {family}"
        address = f"{given}.{family}.{customer.pk}@kunde.example".casefold()
        customer.search_text = search.spelled(f"{customer.code} {customer.name} {address}")
        people.append(customer)
        points.append(
            ContactPoint(customer=customer, kind=ContactPoint.Kind.EMAIL, typed=address, normal=address)
        )
    Customer.objects.bulk_update(people, ["name", "search_text"], batch_size=200)
    ContactPoint.objects.bulk_create(points, batch_size=WRITE_LINE)
    search.refresh(Merge.objects.filter(undone_at=None).values_list("loser_id", flat=True))
    promises = list(Promise.objects.order_by("id"))
    for promise in promises:
        promise.text = language.gettext(chance.choice(PROMISED))
    Promise.objects.bulk_update(promises, ["text"], batch_size=200)
    for customer in chance.sample(people, min(40, len(people))):
        _speak_with(customer, chance, language)


def _speak_with(customer: Customer, chance: random.Random, language: Language) -> None:
    """Let a customer have asked something, and somebody have answered and perhaps solved it some hours later."""
    at = timezone.now() - timedelta(days=chance.randint(4, 60), hours=chance.randint(0, 9))
    made = contact_desk.add_contact(
        customer,
        channel=chance.choice(("phone", "email", "chat", "shop")),
        direction="in",
        text=language.gettext(chance.choice(TOLD)),
        state="waiting",
        at=at,
        by=audit.SYSTEM,
    )
    replied = at + timedelta(minutes=chance.randint(1, 900))
    solved = replied + timedelta(hours=chance.randint(1, 70)) if chance.random() < 0.7 else None
    type(made).objects.filter(pk=made.pk).update(first_reply_at=replied, solved_at=solved, actor="")


@transaction.atomic
def remove(*, by: audit.Actor) -> int:
    """Remove the demonstration firm with everything that hangs on it; accounts and the audit log stay.

    Parameters
    ----------
    by : User or str
        Who does it.

    Returns
    -------
    int
        How many customers were removed.

    Raises
    ------
    Wrong
        When the customers here are real, or the demonstration is still being made.
    """
    firm = Firm.the()
    if jobs.unfinished("demo") is not None:
        raise Wrong(message("The demonstration firm is still being made; remove it when that is done"))
    if not firm.is_demo:
        raise Wrong(message("These are no invented customers; nothing was removed"))
    count = Customer.objects.count()
    firm.run, firm.is_demo, firm.currency = None, False, ""
    firm.save()
    models = [
        *apps.get_app_config("measuring").get_models(),
        *apps.get_app_config("customers").get_models(),
        apps.get_model("privacy", "Request"),
    ]
    # Who was erased before stays erased.
    models.remove(Blocked)
    for model in _children_first(models):
        model._default_manager.all()._raw_delete("default")  # noqa: SLF001  (one DELETE per table)
    audit.write("demo.removed", by=by, detail={"customers": count})
    return count


def _children_first(models: list[type[Model]]) -> list[type[Model]]:
    """Return tables so that each comes before those it points at."""
    left = list(models)
    ordered: list[type[Model]] = []
    while left:
        for model in left:
            others = [other for other in left if other is not model]
            fields = [field for other in others for field in other._meta.fields]  # noqa: SLF001  (documented)
            pointed = {field.related_model for field in fields if field.is_relation}
            if model not in pointed:
                ordered.append(model)
                left.remove(model)
                break
        else:
            return ordered + left
    return ordered
