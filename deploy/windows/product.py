"""What names this product and each build of it."""

import re
import uuid
from dataclasses import dataclass

from deploy.windows.kept import BuildError

PRODUCT = "barwatch agent"
NAMESPACE = uuid.UUID("6b0d2f5b-53f5-4a0e-8a7c-9c2a9d4b7c11")  # of every UUID that we derive
UPGRADE_CODE = "2E2C9C0B-7C1F-4E59-9B38-1E0C6F7C9D52"  # never changes: versions find one another by it
LARGEST = (255, 255, 65_535)  # Windows Installer's ProductVersion


@dataclass(frozen=True, slots=True)
class Release:
    """One build: its version, what it was made of, and what people should know."""

    version: str
    contents: str  # digest of all that is in it
    comments: str

    @property
    def three_numbers(self) -> str:
        """For Windows Installer, which compares no more than these; 0.2.0.dev1 and 0.2.0 are one version to it.

        Raises:
            BuildError: the version does not begin with three numbers that it takes.
        """
        found = re.match(r"(\d+)\.(\d+)\.(\d+)(?![\d])", self.version)
        if found is None or any(int(number) > most for number, most in zip(found.groups(), LARGEST, strict=True)):
            msg = f"version {self.version}: Windows Installer takes three numbers, at most 255.255.65535"
            raise BuildError(msg)
        return found[0]

    @property
    def product_code(self) -> str:
        """Another one for each build that differs."""
        return self._code("product")

    @property
    def package_code(self) -> str:
        """Of the file."""
        return self._code("package")

    def _code(self, what: str) -> str:
        return str(uuid.uuid5(NAMESPACE, f"{what} {self.version} {self.contents}")).upper()
