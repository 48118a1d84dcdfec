from __future__ import annotations

import pytest
from django.utils import timezone

from treue.app.core import worker
from treue.app.core.backups.nightly import FULL
from treue.app.core.models import Job
from treue.app.privacy.night import STEPS
from treue.app.privacy.retention import RULES
from treue.app.web.work_words import KINDS, PARTS, not_done
from treue.kernel.language import Language

GERMAN = Language("de", "treue.app")


def failed(kind, words):
    return Job(kind=kind, words=words, state=Job.State.FAILED, finished_at=timezone.now())


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        ("retention", "visits", "Besuche; warum, steht im Protokoll des Servers"),
        (
            "retention",
            "visits, journal (the disk is full)",
            "Besuche; Kürzen des Journals der Datenbank; warum",
        ),
        ("backup", FULL, "Nächtliche Sicherung: Heute Nacht gab es keine Sicherung: Der Datenträger"),
        ("cycle", worker.NO_WORD, "Zahlen und Bewertungen wurden nicht berechnet: "),
        ("cycle", "no model may be used", "nicht berechnet: warum, steht im Protokoll des Servers"),
    ],
)
def test_failed_work_is_told_without_a_word_of_english(kind, words, said):
    told = not_done(failed(kind, words), GERMAN)
    assert said in told
    assert words not in told


def test_whoever_reads_english_is_told_the_words_themselves():
    assert not_done(failed("cycle", "no model may be used"), Language("en", "treue.app")).endswith(
        "no model may be used"
    )


def test_every_kind_and_part_of_the_work_has_german_words():
    from treue.app.core import jobs

    assert set(KINDS) == set(jobs._doers)
    assert set(PARTS) == {rule.name for rule in RULES} | set(STEPS)
    for words in (*KINDS.values(), *PARTS.values()):
        assert GERMAN.gettext(words) != words, words


def test_the_page_today_tells_of_the_night_in_german(ines, browse):
    from treue.app.core.models import Firm
    from treue.app.customers.models import Customer

    Firm.the()
    Customer.objects.create(code="k-1")
    ines.language = "de"
    ines.save()
    failed("retention", "visits").save()
    page = browse(ines).get("/").content.decode()
    assert "Nicht alles, was seine Frist überschritten hat, wurde gelöscht: Besuche" in page
    assert "visits" not in page
