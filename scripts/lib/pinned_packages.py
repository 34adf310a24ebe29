"""Packages of PyPI that the scripts need, each set pinned by a requirements file, in a venv of its own below target/.

usage: pinned_packages.py NAME REQUIREMENTS WHAT     prints the path of the python that has them
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys

LIB = pathlib.Path(__file__).resolve().parent
ROOT = LIB.parent.parent


class StartError(Exception):
    """Something that did not come up, in words for a terminal."""


def python_of(name, requirements, what):
    """The python of the venv target/NAME, after installing what the file pins if it is not there yet."""
    if sys.version_info < (3, 10):
        raise StartError(f"could not install {what}: it needs Python 3.10")
    venv, wanted = ROOT / "target" / name, requirements.read_text()
    venv.parent.mkdir(exist_ok=True)
    stamp = venv / "installed.txt"
    # A file with hashes is held to them.
    strict = ["--require-hashes"] if "--hash=" in wanted else []
    with open(venv.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            print(f"installing {what} into target/{name}", file=sys.stderr)
            shutil.rmtree(venv, ignore_errors=True)
            must([sys.executable, "-m", "venv", venv])
            must([venv / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
                  *strict, "--only-binary", ":all:", "-r", requirements])
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
