"""Debian's PostgreSQL and PyPI's SQS-compatible server, started for one run on free ports of 127.0.0.1."""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

from lib import pinned_packages
from lib.pinned_packages import LIB, StartError

REQUIREMENTS = LIB / "sqs-server.requirements.txt"
REGION = "eu-central-1"
DATABASE = "logins"


def postgres_bin():
    """The newest directory that holds initdb; Debian keeps it off the PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    initdb = found[-1] if found else shutil.which("initdb")
    if not initdb:
        raise StartError("could not find PostgreSQL's initdb: run scripts/install-prerequisites")
    return pathlib.Path(initdb).parent


def start_postgres(record, fsync="off", name="postgres", programs=None):
    """Gives back the URL of a superuser; the data is thrown away with the record's directory.

    `programs` holds initdb and postgres, where they are not Debian's."""
    programs, home = programs or postgres_bin(), record.directory / name
    home.mkdir()
    settings = for_postgres(home)
    made = subprocess.run(
        [programs / "initdb", "-D", home / "cluster", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **settings)
    if made.returncode:
        raise StartError(f"could not initdb:\n{made.stdout}")
    # Nothing outlives the run, so nothing is worth an fsync unless its time counts; many tests connect at once.
    server = [programs / "postgres", "-D", home / "cluster", "-h", "127.0.0.1", "-k", home,
              "-c", f"fsync={fsync}", "-c", "max_connections=200"]
    port = start(name, record, lambda port: server + ["-p", str(port)], settings, signal.SIGINT, postgres_answers)
    url = f"postgres://postgres@127.0.0.1:{port}/"
    if not quiet([postgres_bin() / "psql", "-q", url + "postgres", "-c", f"CREATE DATABASE {DATABASE}"]):
        raise StartError("could not create the database on the private PostgreSQL")
    return url + DATABASE


def postgres_answers(port):
    return quiet([postgres_bin() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)])


def for_postgres(home):
    """How its programs are run: by somebody who is not root, with `home` theirs."""
    return {"cwd": home, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **unprivileged(home)}


def unprivileged(home):
    """PostgreSQL refuses to run as root: as root, the arguments that make it `postgres` or `nobody`."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(home, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def start_sqs(record):
    """Gives back the endpoint of a server that speaks SQS alone and keeps everything in memory."""
    python = pinned_packages.python_of("sqs-server", REQUIREMENTS, "the SQS-compatible server")
    home = record.directory / "sqs"
    home.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "SERVICES": "sqs,secretsmanager",
           "BIND_HOST": "127.0.0.1", "MINISTACK_REGION": REGION, "LOG_LEVEL": "WARNING",
           "DOCKER_HOST": "unix:///nowhere", "PYTHONUNBUFFERED": "1"}
    settings = {"cwd": home, "env": env}

    def launch(port):
        env["GATEWAY_PORT"] = str(port)
        return [python, "-m", "ministack"]

    port = start("sqs", record, launch, settings, signal.SIGTERM, sqs_answers)
    return f"http://127.0.0.1:{port}"


def start(name, record, launch, settings, stop_signal, ready):
    """Starts a server on a free port and waits for it; another try if somebody took the port first."""
    log = record.directory / f"{name}.log"
    for _ in range(3):
        port = free_port()
        with open(log, "w") as sink:
            server = record.launch(launch(port), stop_signal, stdout=sink, stderr=sink, **settings)
        deadline = time.monotonic() + 60
        while server.poll() is None and time.monotonic() < deadline:
            if ready(port):
                return port
            time.sleep(0.05)
    raise StartError(f"could not start {name}:\n{log.read_text()[-2000:]}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def quiet(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def sqs_answers(port):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return direct.open(f"http://127.0.0.1:{port}/_ministack/health", timeout=2).status == 200
    except OSError:
        return False
