"""Python sources as what the interpreter would make of them, the same bytes at every build.

Source: PEP 552 (header of a .pyc); Python/marshal.c.
"""

import io
import marshal
import struct
import sys
import warnings
import zipfile
from importlib.util import MAGIC_NUMBER, source_hash

from deploy.windows.kept import BuildError

Files = dict[str, bytes]  # path with / below some folder -> contents
UNCHECKED = 0b01  # by hash of the source, which is not there to be compared
NO_REFERENCES = 2  # version of marshal: from 3 on the bytes depend on how often an object happens to be referred to
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # of a zip


def compiled(files: Files) -> Files:
    """The same, with a .pyc in place of each .py.

    Raises:
        BuildError: this Python's byte code is another version's.
    """
    if sys.version_info[:2] != (3, 11):
        msg = f"the package holds Python 3.11, and byte code is made by the same version: this is {sys.version[:4]}"
        raise BuildError(msg)
    return dict(_compiled(path, contents) for path, contents in files.items())


def _compiled(path: str, contents: bytes) -> tuple[str, bytes]:
    if not path.endswith(".py"):
        return path, contents
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes that others did not write as we would
        code = compile(contents, path, "exec", dont_inherit=True, optimize=0)
    header = MAGIC_NUMBER + struct.pack("<I", UNCHECKED) + source_hash(contents)
    return path + "c", header + marshal.dumps(code, NO_REFERENCES)


def zipped(files: Files) -> bytes:
    """A zip that Python imports from: stored in order, without times."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as opened:
        for path in sorted(files):
            opened.writestr(zipfile.ZipInfo(path, FIRST_DATE), files[path])
    return archive.getvalue()
