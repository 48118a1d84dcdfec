from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from treue.app.core import audit
from treue.app.core.models import Firm, User
from treue.app.core.wrong import Wrong
from treue.app.customers import demo, suppression
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


def test_real_customers_are_not_removed(database):
    Firm.the()
    Customer.objects.create(code="k")
    with pytest.raises(Wrong, match="no invented customers"):
        demo.remove(by=audit.SYSTEM)
    assert Customer.objects.count() == 1
