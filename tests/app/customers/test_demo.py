from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from treue.app.core import audit, jobs
from treue.app.core.models import Firm, Job, User
from treue.app.core.wrong import Wrong
from treue.app.customers import demo, suppression
from treue.app.customers.importing import services
from treue.app.customers.models import Contract, Customer, ImportedFile, Purchase, Visit
from treue.app.privacy.models import Request


@pytest.fixture
def filled(real_database):
    said = []
    demo.fill(lambda words, share: said.append((words, share)), by=audit.SYSTEM, customers=120)
    return said


def test_the_demonstration_ends_yesterday_and_can_be_removed(filled):
    assert Customer.objects.count() == 120
    firm = Firm.objects.get()
    assert (firm.is_demo, firm.currency, firm.name) == (True, "EUR", "Fjordkaffe")
    today = timezone.now().date()
    newest = Purchase.objects.order_by("-ordered_at").first().ordered_at.date()
    assert today - timedelta(days=7) <= newest < today
    assert not Contract.objects.filter(ended_on__gte=today).exists()
    assert ImportedFile.objects.get().set_aside == 0
    assert ImportedFile.objects.get().reading["quality"]["without_address"] == 0
    assert all(Customer.objects.values_list("name", flat=True))
    shares = [share for _, share in filled]
    assert shares == sorted(shares)
    with pytest.raises(Wrong, match="empty system"):
        demo.fill(lambda *_: None, by=audit.SYSTEM, customers=10)
    User.objects.create_user("ines@firm.example", None, name="Ines", role="owner")
    suppression.block([("id", "k-erased")])
    Request.objects.create(
        kind="copy", customer=Customer.objects.first(), received_on=today, due_on=today, actor="user:1"
    )
    assert demo.remove(by=audit.SYSTEM) == 120
    assert suppression.blocked([("id", "k-erased")])
    assert not Request.objects.exists()
    assert not any(model.objects.exists() for model in (Customer, Purchase, Visit, ImportedFile))
    assert User.objects.count() == 1
    assert audit.verify().first_bad is None


@pytest.mark.parametrize("step", ["simulating customers", "reading", "writing", "naming customers"])
def test_a_demonstration_that_is_killed_is_invented_from_its_first_moment_and_finished_later(
    real_database, write, step
):
    class Killed(BaseException):
        pass

    def die(words, _share):
        if words == step:
            # As if the process were gone: nobody takes anything back.
            told.append(Firm.the().is_demo)
            raise Killed

    told = []
    with pytest.raises(Killed):
        demo.fill(die, by=audit.SYSTEM, customers=60)
    assert told == [True]
    assert Firm.the().is_demo == Customer.objects.exists()
    Firm.objects.update(is_demo=True)
    ImportedFile.objects.filter(state="failed").update(state="running")
    demo.fill(lambda *_: None, by=audit.SYSTEM, customers=60)
    assert Customer.objects.count() == 60
    assert all(Customer.objects.values_list("name", flat=True))
    assert ImportedFile.objects.get().state == "done"
    assert Firm.the().is_demo
    demo.remove(by=audit.SYSTEM)
    assert not Customer.objects.exists()


def test_nothing_real_is_brought_in_beside_invented_customers(real_database, write):
    orders = write("orders.csv", "Customer,Order,Date,Total,Currency\nk-1,1,2026-03-01,19.99,NOK\n")
    waiting = services.receive("orders.csv", [orders.read_bytes()], by="command")
    ImportedFile.objects.update(state="read", accepted=1)
    waiting.refresh_from_db()
    Firm.the()

    def refused():
        for deed in (
            lambda: services.receive("orders.csv", [b"x"], by="command"),
            lambda: services.take_from_server(str(orders), by="command"),
            lambda: services.start(waiting, by="command"),
            lambda: services.import_paths([orders], by="command"),
        ):
            with pytest.raises(Wrong, match="remove them first"):
                deed()
        assert ImportedFile.objects.get() == waiting

    Firm.objects.update(is_demo=True)
    refused()
    Firm.objects.update(is_demo=False)
    jobs.order("demo")
    refused()
    with pytest.raises(Wrong, match="still being made"):
        demo.remove(by=audit.SYSTEM)
    Job.objects.all().delete()
    assert services.import_paths([orders], by="command").added == 2


def test_nobody_real_is_added_beside_invented_customers(database, ines, browse):
    Firm.the()
    client = browse(ines)
    for is_demo, ordered in ((True, False), (False, True)):
        Firm.objects.update(is_demo=is_demo)
        if ordered:
            jobs.order("demo")
        answer = client.post("/customers/add/", {"name": "Lea Brandt", "email": "lea@x.example"})
        for page in (answer, client.get("/customers/add/")):
            assert "remove them first" in page.content.decode()
        assert answer.status_code == 422
        assert not Customer.objects.exists()
    Job.objects.all().delete()
    assert client.post("/customers/add/", {"name": "Lea Brandt", "email": "lea@x.example"}).status_code == 302
    assert "remove them first" not in client.get("/customers/add/").content.decode()
    with pytest.raises(Wrong, match="customers here already"):
        demo.fill(lambda *_: None, by=audit.SYSTEM, customers=10)
    assert not Firm.the().is_demo


def test_the_demonstration_waits_for_no_file_that_is_being_brought_in(database):
    jobs.order("import", "import:1")
    with pytest.raises(Wrong, match="being brought in"):
        demo.fill(lambda *_: None, by=audit.SYSTEM, customers=10)
    assert not Firm.the().is_demo


def test_real_customers_are_not_removed(database):
    Firm.the()
    Customer.objects.create(code="k")
    with pytest.raises(Wrong, match="no invented customers"):
        demo.remove(by=audit.SYSTEM)
    assert Customer.objects.count() == 1
