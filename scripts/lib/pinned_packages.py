"""Packages of PyPI that the scripts need, each set pinned by a requirements file, in a venv of its own.

usage: pinned_packages.py NAME REQUIREMENTS WHAT     prints the path of the python that has them, below target/
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

LIB = pathlib.Path(__file__).resolve().parent
ROOT = LIB.parent.parent
# The pinned list is whole, and whoever made a package may have published its source alone.
AS_LISTED = ("--no-deps",)
ALREADY_BUILT = ("--only-binary", ":all:")


class StartError(Exception):
    """Something that did not come up, in words for a terminal."""


def cache():
    """What outlives a clone. As root it is where the account that then runs PostgreSQL can look into."""
    if os.getuid() == 0:
        return pathlib.Path("/var/cache/login-drain")
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "login-drain"


@contextlib.contextmanager
def locked(home):
    """While nobody else makes `home`."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with open(home.with_name(home.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def python_of(name, requirements, what, below=ROOT / "target", manner=ALREADY_BUILT, may_install=True):
    """The python of the venv NAME, after installing what the file pins if it is not there yet."""
    if sys.version_info < (3, 10):
        raise StartError(f"could not install {what}: it needs Python 3.10")
    venv, wanted = below / name, requirements.read_text()
    stamp = venv / "installed.txt"
    # A file with hashes is held to them.
    strict = ["--require-hashes"] if "--hash=" in wanted else []
    with locked(venv):
        if not stamp.exists() or stamp.read_text() != wanted:
            if not may_install:
                raise StartError(f"{what} is not installed")
            print(f"installing {what} into {venv}", file=sys.stderr)
            shutil.rmtree(venv, ignore_errors=True)
            must([sys.executable, "-m", "venv", venv])
            # Much of a large set is never imported, and what is gets compiled then. pip itself would ask for a long
            # time where PyPI is out of reach.
            must([venv / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile",
                  "--retries", "1", "--timeout", "30", *strict, *manner, "-r", requirements])
            stamp.write_text(wanted)
    return venv / "bin" / "python"


def must(command):
    # Standard output belongs to the command that this is for.
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise StartError(f"could not run `{' '.join(map(str, command))}`")


if __name__ == "__main__":
    try:
        print(python_of(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]))
    except StartError as error:
        sys.exit(f"pinned_packages: {error}")
