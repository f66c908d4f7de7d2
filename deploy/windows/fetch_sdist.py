"""Fetches one source archive by its hash, by pip's own way of finding files, and executes nothing of it.

`pip download` would run the package's build backend to ask for metadata. Prints where the file is.
"""

import sys
from pathlib import Path

from pip._internal.commands.download import DownloadCommand
from pip._internal.network.download import Downloader
from pip._internal.utils.hashes import Hashes


def fetch(name: str, version: str, digest: str, folder: str) -> Path:
    """The file.

    Raises:
        LookupError: no package index has it.
        pip._internal.exceptions.HashMismatch: it is another file.
    """
    command = DownloadCommand("download", "fetches one file")
    options, _ = command.parse_args([name, "--no-deps", "--quiet"])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options=options, session=session)  # noqa: SLF001 - pip has no other way
        links = [found.link for found in finder.find_all_candidates(name) if str(found.version) == version]
        if not links:
            msg = f"no package index has {name} {version}"
            raise LookupError(msg)
        path = Path(Downloader(session, "off")(links[0], folder)[0])
    Hashes({"sha256": [digest]}).check_against_path(str(path))
    return path


if __name__ == "__main__":
    sys.stdout.write(str(fetch(*sys.argv[1:5])))
