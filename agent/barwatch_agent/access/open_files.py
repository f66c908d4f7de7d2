"""Files that stay open between passes: a read of sysfs costs a microsecond, opening it ten."""

import errno
from collections import OrderedDict
from io import FileIO
from pathlib import Path

MAX_OPEN = 256  # below the usual limit of 1024 descriptors, with room for everybody else


class OpenFiles:
    """Reads by path on descriptors that are kept, the least recently used closed first when there are many."""

    def __init__(self, limit: int = MAX_OPEN) -> None:
        self._limit = limit
        self._files: OrderedDict[Path, FileIO] = OrderedDict()

    def read(self, path: Path, length: int, offset: int = 0) -> bytes:
        """What one read system call returns; shorter than asked where the file or the kernel ends it.

        Raises:
            OSError: with the errno of the open or of the read.
        """
        try:
            return self._read(path, length, offset)
        except OSError as exc:
            self.forget(path)
            if exc.errno != errno.ENODEV:
                raise
        return self._read(path, length, offset)  # the descriptor was of a function that left; a new one may be here

    def size(self, path: Path) -> int:
        """The length of the file as the file system gives it."""
        return path.stat().st_size

    def forget(self, path: Path) -> None:
        """Close a file, or all files below a folder."""
        for known in [known for known in self._files if known == path or path in known.parents]:
            self._files.pop(known).close()

    def close(self) -> None:
        """Close all."""
        while self._files:
            self._files.popitem()[1].close()

    def _read(self, path: Path, length: int, offset: int) -> bytes:
        file = self._files.get(path)
        if file is None:
            file = self._open(path)
        self._files.move_to_end(path)
        file.seek(offset)  # sysfs makes the text anew for a read at the start
        return file.read(length)

    def _open(self, path: Path) -> FileIO:
        while len(self._files) >= self._limit:
            self._files.popitem(last=False)[1].close()
        file = self._files[path] = path.open("rb", buffering=0)
        return file
