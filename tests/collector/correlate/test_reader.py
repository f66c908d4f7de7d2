import sys
from pathlib import Path

import numpy as np
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


def test_parquet_is_read_as_its_words_are(tmp_path: Path) -> None:
    """Numbers, truth, gaps and repeated words; in several batches."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    made = pyarrow.table(
        {
            "lanes": pyarrow.array([1, 4, None, 8] * 20_000),
            "is_box": [True, False, True, True] * 20_000,
            "dock": pyarrow.array(["a", None, "b", "a"] * 20_000).dictionary_encode(),
            "failed": [0, 1, 0, 0] * 20_000,
        }
    )
    parquet.write_table(made, tmp_path / "fleet.parquet")

    found = read_table(tmp_path / "fleet.parquet", ROLES).table

    assert [column.levels for column in found.columns] == [("1", "4", "8"), ("false", "true"), ("a", "b")]
    assert found.columns[0].codes[-4:].tolist() == [0, 1, -1, 2]
    assert found.columns[2].codes[:4].tolist() == [0, -1, 1, 0]
    assert found.failures.sum() == 20_000


def test_errors_in_parquet_say_the_row(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"failed": [0, 1, 7]}), tmp_path / "fleet.parquet")
    (tmp_path / "text.parquet").write_text("failed\n1\n")

    with pytest.raises(TableError, match="row 3, column 'failed': 7 is neither 0 nor 1"):
        read_table(tmp_path / "fleet.parquet", ROLES)
    with pytest.raises(TableError, match=r"text\.parquet: "):
        read_table(tmp_path / "text.parquet", ROLES)


def test_without_pyarrow_parquet_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(TableError, match="Parquet is read by pyarrow, which is not installed here"):
        read_table(tmp_path / "fleet.parquet", ROLES)


def test_a_long_file_is_read_in_pieces(tmp_path: Path) -> None:
    """More rows than are packed at once, and more levels than one byte holds, which appear late."""
    lines = ["x,name,failed", *(f"{row % 5},n{row // 300},{int(row % 7 == 0)}" for row in range(70_000))]

    found = loaded(tmp_path, "\n".join(lines)).table

    assert np.array_equal(found.columns[0].codes, np.arange(70_000) % 5)
    assert [found.columns[1].levels[code] for code in found.columns[1].codes[::10_000]] == [
        f"n{row // 300}" for row in range(0, 70_000, 10_000)
    ]
