"""The PostgreSQL and SQS-compatible server of docker-compose.yml, as a Compose project of one run's own, on free ports."""

import os
import shutil
import subprocess
import sys

from lib.local_servers import DATABASE, free_port
from lib.pinned_packages import ROOT, StartError


def answers():
    """Whether there is an engine, and a Compose to talk to it."""
    return bool(shutil.which("docker")) and silent("docker", "info") and silent("docker", "compose", "version")


def silent(*command):
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def start(record):
    """Gives back the environment of the two servers, once both are healthy."""
    project = f"login-drain-{os.getpid()}"
    compose = ["docker", "compose", "--project-directory", str(ROOT), "-p", project]
    ports = {"POSTGRES_PORT": str(free_port()), "SQS_PORT": str(free_port())}
    record.add_compose(compose)
    up = subprocess.run(compose + ["up", "--detach", "--wait", "postgres", "sqs"], stdout=sys.stderr,
                        env={**os.environ, **ports}, check=False)
    if up.returncode:
        raise StartError("could not bring up the containers; without Docker: --engine local")
    return {
        "DATABASE_URL": f"postgres://postgres@127.0.0.1:{ports['POSTGRES_PORT']}/{DATABASE}",
        "AWS_ENDPOINT_URL_SQS": f"http://127.0.0.1:{ports['SQS_PORT']}",
        # No -f with a path: the words are split at blanks by whoever runs them.
        "LOGIN_DRAIN_PSQL": f"docker exec -i {project}-postgres-1 psql -U postgres {DATABASE}",
    }
