import numpy as np

from barwatch_collector.correlate.literal import Literal, all_hold, holds, left_open, literal_text
from barwatch_collector.correlate.table import MISSING, Column, column, factorised, table


def made(*values: str) -> Column:
    return column("x", *factorised(list(values)))


def test_three_numbers_have_an_order() -> None:
    found = made("10", "9", "-1.5", "9.0")

    assert found.levels == ("-1.5", "9", "10")
    assert found.codes.tolist() == [2, 1, 0, 1]
    assert found.numbers is not None


def test_two_numbers_are_two_names() -> None:
    assert made("1", "0", "1").numbers is None


def test_one_word_makes_all_of_them_names() -> None:
    assert made("1", "2", "3", "auto").numbers is None
    assert made("1", "2", "3", "inf").numbers is None


def test_what_is_not_known_is_no_value() -> None:
    found = made("a", "", "NA", "?", " null ", "b")

    assert found.codes.tolist() == [0, *[MISSING] * 4, 1]
    assert holds(Literal(0, (0,)), table({"x": ["a", None, "b"]}, [0, 0, 0])).tolist() == [True, False, False]


def test_what_a_missing_value_leaves_open_is_neither_inside_nor_surely_outside() -> None:
    """Unless another value already says no; whether a value is known at all is never open."""
    found = table({"x": ["a", "a", None, None, "b"], "y": ["u", None, "u", "k", None]}, [0] * 5)
    both = Literal(0, (0,)), Literal(1, (1,))

    assert all_hold(both, found).tolist() == [True, False, False, False, False]
    assert left_open(both, found).tolist() == [False, True, True, False, False]
    assert not left_open((Literal(0, (0, 1)),), found).any()
    assert not left_open((Literal(1, (MISSING,)),), found).any()
    assert left_open((Literal(0, (0,)),), table({"x": ["a", None]}, [1, 0])).tolist() == [False, True]


def test_none_and_unknown_are_words() -> None:
    assert made("none", "unknown").levels == ("none", "unknown")


def test_texts_of_literals_are_read_as_they_are_meant() -> None:
    names, numbers = made("a", "b", "c", "d", "e", ""), made("1", "2", "3", "4")

    assert literal_text(Literal(0, (0,)), names) == "x=a"
    assert literal_text(Literal(0, (0, 1)), names) == "x in {a, b}"
    assert literal_text(Literal(0, (0, 1, 2)), names) == "x not in {d, e}"
    assert literal_text(Literal(0, (0, 1, 2, 3, 4)), names) == "x is known"
    assert literal_text(Literal(0, (0, 1, 2, 3)), names) == "x!=e"
    assert literal_text(Literal(0, (MISSING,)), names) == "x is missing"
    assert literal_text(Literal(0, (0, 1), is_span=True), numbers) == "x<=2"
    assert literal_text(Literal(0, (2, 3), is_span=True), numbers) == "x>2"
    assert literal_text(Literal(0, (1, 2), is_span=True), numbers) == "x from 2 to 3"


def test_rows_of_a_table_are_a_table() -> None:
    part = table({"x": ["a", "b", "c"]}, [0, 1, 1], units=["h", "h", "g"]).of(np.array([True, False, True]))

    assert (len(part), part.units.tolist(), part.failures.tolist()) == (2, [0, 1], [0, 1])
