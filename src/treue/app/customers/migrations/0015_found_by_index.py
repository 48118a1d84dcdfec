"""Find those of one country or language, and the few who want no messages, by an index."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

from treue.app.customers.folded import Folded


class Migration(migrations.Migration):
    """Add three indexes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0014_plain_letters")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(Folded("country", english=True), name="customers_country"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(Folded("language", english=True), name="customers_language"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                fields=["id"], name="customers_without_marketing", condition=models.Q(no_marketing=True)
            ),
        ),
    ]
