"""Every feature has words in every language, and they hold the number."""

import pytest

from treue.kernel.language import LANGUAGES, Language
from treue.models.churn_features import SUBJECTS
from treue.models.churn_reasons import Reason
from treue.report.churn_words import AMOUNTS, WORDS, reason_in_words


def words(code, value, language="en"):
    reason = Reason(code=code, value=value, contribution=0.4)
    return reason_in_words(reason, Language(language), "EUR").replace("\u00a0", " ")


def test_every_feature_has_words_and_no_word_is_left_over():
    assert set(WORDS) | set(AMOUNTS) == set(SUBJECTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", SUBJECTS)
def test_a_reason_is_said_with_its_number(code, language):
    for value in (0.0, 1.0, 1.4, 12.0):
        text = words(code, value, language)
        assert "{" not in text
        if code not in {"purchases_trend", "visits_trend"}:
            assert any(letter.isdigit() for letter in text)
        assert not text.endswith(".")


@pytest.mark.parametrize(
    ("code", "value", "language", "said"),
    [
        ("silence_ratio", 2.14, "en", "silent for 2.1 of the usual gaps"),
        ("complaints_quarter", 2, "en", "complained in public 2 times in the last 90 days"),
        ("faults_year", 1, "en", "1 matter in the last year was our own fault"),
        ("visits_trend", 0.4, "en", "visits have halved"),
        ("visits_trend", 0.4, "de", "Besuche haben sich halbiert"),
        ("visits_trend", 3.0, "nb", "besøkene er doblet"),
        ("visits_trend", 1.25, "de", "1,2-mal so viele Besuche wie in den drei Monaten davor"),
        ("spend_year", 123450, "en", "€1,234 in the last year"),
        ("faults_quarter", 3, "nb", "3 saker de siste 90 dagene var vår egen feil"),
    ],
)
def test_a_reason_reads_as_people_speak(code, value, language, said):
    assert words(code, value, language) == said
