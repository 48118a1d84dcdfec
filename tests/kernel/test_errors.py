import pytest

from treue import DidNotConverge, NotEnoughData, Refused, TreueError, WrongArgument, WrongTable


@pytest.mark.parametrize("kind", [DidNotConverge, NotEnoughData, Refused, WrongArgument, WrongTable])
def test_whoever_catches_treue_errors_catches_every_one(kind):
    with pytest.raises(TreueError, match="rows=0 are too few"):
        raise kind("rows=0 are too few; give at least one")


def test_treue_errors_are_not_mistaken_for_errors_of_the_program():
    assert not issubclass(TreueError, ValueError | OSError)
