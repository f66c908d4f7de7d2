"""Descriptors that are kept, and how many."""

from pathlib import Path

import pytest

from barwatch_agent.access.open_files import OpenFiles


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    files = OpenFiles()
    (tmp_path / "a").write_text("one")
    first = files.read(tmp_path / "a", 10)
    (tmp_path / "a").write_text("two")

    assert (first, files.read(tmp_path / "a", 10)) == (b"one", b"two")
    files.close()


def test_a_read_past_the_end_is_empty(tmp_path: Path) -> None:
    files = OpenFiles()
    (tmp_path / "a").write_bytes(b"0123")

    assert (files.read(tmp_path / "a", 4, 2), files.read(tmp_path / "a", 4, 8)) == (b"23", b"")
    files.close()


def test_no_more_files_stay_open_than_the_limit(tmp_path: Path) -> None:
    before = descriptors()
    files = OpenFiles(limit=3)
    for number in range(10):
        (tmp_path / str(number)).write_text(str(number))

    assert [files.read(tmp_path / str(number), 4) for number in range(10)] == [str(n).encode() for n in range(10)]
    assert descriptors() == before + 3
    files.close()
    assert descriptors() == before


def test_a_folder_is_forgotten_with_all_that_is_below_it(tmp_path: Path) -> None:
    before = descriptors()
    files = OpenFiles()
    (tmp_path / "x").mkdir()
    for file in (tmp_path / "x/a", tmp_path / "x/b", tmp_path / "xa"):
        file.write_text("1")
        files.read(file, 1)
    files.forget(tmp_path / "x")

    assert descriptors() == before + 1
    files.close()


def test_a_file_that_is_not_there_is_an_error_each_time(tmp_path: Path) -> None:
    files = OpenFiles()

    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            files.read(tmp_path / "none", 1)
