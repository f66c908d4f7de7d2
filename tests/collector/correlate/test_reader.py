from pathlib import Path

import pytest

from barwatch_collector.correlate.reader import Loaded, Roles, TableError, read_table

ROLES = Roles("failed")


def loaded(folder: Path, text: str | bytes, roles: Roles = ROLES) -> Loaded:
    path = folder / "fleet.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_table(path, roles)


def test_rows_are_observations_and_columns_attributes(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, "host,lanes,failed,access\nh1,4,1,user\nh2,,0,kernel\nh1,8,0,user\n", Roles("failed", unit="host")
    )

    assert [column.name for column in found.table.columns] == ["lanes", "access"]
    assert found.table.units.tolist() == [0, 1, 0]
    assert found.table.failures.tolist() == [1, 0, 0]
    assert found.names == ("h1", "h2")
    assert found.table.unit_word == "host"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_of_spreadsheets_are_read(tmp_path: Path, delimiter: str) -> None:
    """With a mark of byte order, CRLF, quotes, an empty line at the end and letters beyond ASCII."""
    lines = ['Gerät,"x, y",failed', '"ä ""1""",b,1', "ö,c,0", ""]
    text = "\ufeff" + "\r\n".join(line.replace(",", delimiter) for line in lines) + "\r\n"

    found = loaded(tmp_path, text)

    assert found.table.columns[0].name == "Gerät"
    assert found.table.columns[0].levels == ('ä "1"', "ö")
    assert found.table.failures.tolist() == [1, 0]


def test_weights_are_attempts(tmp_path: Path) -> None:
    found = loaded(tmp_path, "x,failed,n\na,3,10\nb,0,0\nc,2.0,2\n", Roles("failed", weight="n"))

    assert found.table.attempts.tolist() == [10, 2]
    assert found.table.failures.tolist() == [3, 2]
    assert found.left_out == 1


def test_rows_without_outcome_or_unit_are_left_out_and_counted(tmp_path: Path) -> None:
    found = loaded(tmp_path, "h,x,failed\na,p,1\nb,q,\n,r,0\nc,s,0\n", Roles("failed", unit="h"))

    assert found.table.failures.tolist() == [1, 0]
    assert found.left_out == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: no header"),
        ("a,b\n1,2\n", "line 1: no column 'failed' for the outcome; there are a, b"),
        ("a,failed,a\n1,2,3\n", "line 1: two columns are called 'a'"),
        ("a,failed\nx,1\ny\n", "line 3: 1 cells, the header has 2"),
        ("a,failed\nx,1\n\ny,yes\n", "line 4, column 'failed': 'yes' is not a whole number from 0 up"),
        (
            "a,failed\nx,1\ny,2\n",
            "line 3, column 'failed': 2 is neither 0 nor 1; --weight names the column of attempts",
        ),
        ("a,failed\nx,-1\n", "line 2, column 'failed': '-1' is not a whole number from 0 up"),
        ('a,failed\nx,1\n"y,1\n', "line 3: unexpected end of data"),
        ("a,failed\nx,1\nß,1\n".encode("latin-1"), "line 3: not UTF-8"),
    ],
)
def test_errors_say_where(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(TableError) as error:
        loaded(tmp_path, text)

    assert said in str(error.value)


def test_more_failures_than_attempts_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="line 2, column 'failed': 5 failures of 4 attempts"):
        loaded(tmp_path, "failed,n\n5,4\n", Roles("failed", weight="n"))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file"):
        read_table(tmp_path / "none.csv", ROLES)
