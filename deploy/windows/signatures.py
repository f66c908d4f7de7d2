"""Who signed a program: Authenticode, by osslsigncode.

Source: Microsoft, "Windows Authenticode Portable Executable Signature Format".
"""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from deploy.windows.kept import BuildError

TRUSTED = ("Python Software Foundation", "Microsoft Corporation")
ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")
# Certificates of Python 3.11 ended since; their timestamps are not checked, since the servers' roots are not in Debian.
SIGNED_BY = datetime(2024, 8, 1, tzinfo=UTC)


def signer(program: Path) -> str:
    """The organisation that signed it.

    Of the Python Software Foundation the chain is verified up to a root. Debian has no root of Microsoft's: of its
    files only the digest is verified, and the name is what a certificate says that nobody vouches for here.

    Raises:
        BuildError: nobody did whom we trust, or it was changed since.
    """
    said, _, _ = _verify(program).partition("Signature Index: 1")  # Microsoft signs some files twice
    digests = re.findall(r"(?:Current|Calculated) message digest +: (\w+)", said)
    is_whole = len(digests) == 2 and len(set(digests)) == 1  # noqa: PLR2004 the two that are compared
    organisation = _organisation(said)
    is_verified = "Signature verification: ok" in said
    is_rootless = organisation == TRUSTED[1] and "unable to get local issuer certificate" in said
    if not is_whole or organisation not in TRUSTED or not (is_verified or is_rootless):
        msg = f"{program.name} carries no valid signature of {' or '.join(TRUSTED)}"
        raise BuildError(msg)
    return organisation


def _organisation(said: str) -> str:
    """Of the first certificate listed, the signer's."""
    found = re.search(r"Signer #0:\s+Subject: (.*)", said) or re.search(r"Subject: (.*)", said)
    name = re.search(r"/O=([^/]+)", found[1]) if found else None
    return name[1] if name else ""


def _verify(program: Path) -> str:
    ignored = ("-ignore-cdp", "-ignore-crl", "-ignore-timestamp")
    when = str(int(SIGNED_BY.timestamp()))
    command = ["osslsigncode", "verify", "-CAfile", str(ROOTS), *ignored, "-time", when, "-in", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout + done.stderr
