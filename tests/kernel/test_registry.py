import pytest

from treue.kernel import registry
from treue.kernel.errors import WrongArgument


def test_measures_come_in_alphabetical_order_under_their_own_names():
    found = registry.measures()
    assert list(found) == sorted(found)
    assert all(name == measure.id for name, measure in found.items())


def test_measures_named_come_in_the_order_asked_for_without_those_that_are_none():
    found = registry.measures_named(["survival", "zzzz", "attrition_rate"])
    assert list(found) == ["survival", "attrition_rate"]
    assert found["survival"] is registry.measures()["survival"]


@pytest.mark.parametrize(
    "name", ["retention_rate", "attrition_rate", "repeat_purchase_rate", "ladder_occupancy"]
)
def test_a_measure_is_found_by_name(name):
    assert registry.find_measure(name).id == name


def test_a_misspelt_measure_is_answered_with_the_nearest():
    with pytest.raises(
        WrongArgument, match=r"measure='retention' is not known; did you mean .*retention_rate"
    ):
        registry.find_measure("retention")


def test_an_unknown_measure_is_answered_with_all():
    with pytest.raises(
        WrongArgument, match=r"measure='zzzz' is not known; known: .*attrition_rate, .*retention_rate"
    ):
        registry.find_measure("zzzz")


def test_a_name_is_taken_once():
    taken = next(iter(registry.measures()))
    with pytest.raises(ValueError, match=f"measure '{taken}' is registered twice"):
        registry.measure(taken, label="Again", unit="share")(lambda _history, _by=None: [])


def test_a_measure_describes_itself_in_plain_types():
    described = registry.describe("retention_rate")
    assert list(described) == ["id", "label", "unit", "version", "needs", "grains"]
    assert (described["unit"], described["version"]) == ("share", "1")
