"""Owns what a run needs around it: the built programs, a private PostgreSQL, a filled queue, the environment.

Never: what is measured. Everything is on 127.0.0.1 and ends with the bench.
"""

import contextlib
import json
import os
import subprocess

from lib import local_servers, pinned_packages
from lib.server_record import Record, sweep

ROOT = pinned_packages.ROOT
PARTS = ROOT / "scripts" / "bench_parts"
REGION = "us-east-1"
TABLES = "user_logins, login_drain_ledger, login_drain_rejects"


class Scene:
    def __init__(self, record, target):
        self.drainer = target / "release" / "login-drain"
        self.sqs_server = target / "release" / "examples" / "sqs-server"
        self.database_url = local_servers.start_postgres(record, fsync="on")
        self.psql = [local_servers.postgres_bin() / "psql", "-qtAX", "-v", "ON_ERROR_STOP=1", self.database_url]
        self.python = pinned_packages.python_of(
            "bench-python", PARTS / "requirements.txt", "boto3 and psycopg")
        self.env = environment(self.database_url)
        subprocess.run([self.drainer, "init-db"], env=self.env, stdout=subprocess.DEVNULL, check=True)

    def sql(self, text):
        return subprocess.run(self.psql + ["-c", text], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def empty_tables(self):
        self.sql(f"TRUNCATE {TABLES}")
        self.sql("CHECKPOINT")

    @contextlib.contextmanager
    def queue(self, messages, latency_ms=0, *flags):
        """A fresh SQS server with a queue of `messages`; gives back the environment that leads to it."""
        self.empty_tables()
        # Nothing comes back while a run lasts, however long it is.
        command = [self.sqs_server, "--seed-messages", str(messages), "--latency-ms", str(latency_ms),
                   "--visibility-seconds", "3600", "--until-stdin-closes", *flags]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            endpoint = server.stdout.readline().split()[-1]
            yield {**self.env, "AWS_ENDPOINT_URL_SQS": endpoint,
                   "LOGIN_DRAIN_QUEUE_URL": f"{endpoint}/000000000000/login-queue"}
        finally:
            server.stdin.close()
            server.wait()
            server.stdout.close()

    def expect_rows(self, rows):
        found = int(self.sql("SELECT count(*) FROM user_logins"))
        if found != rows:
            raise SystemExit(f"bench: {rows} rows were expected in user_logins, {found} are there")


@contextlib.contextmanager
def scene():
    target = build()
    sweep()
    record = Record()
    try:
        yield Scene(record, target)
    finally:
        record.stop_all()


def build():
    """Builds what is measured; gives back cargo's target directory."""
    command = ["cargo", "build", "--locked", "--release", "--bin", "login-drain", "--example", "sqs-server"]
    subprocess.run(command, cwd=ROOT, check=True)
    told = subprocess.run(["cargo", "metadata", "--no-deps", "--format-version", "1"],
                          cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return type(ROOT)(json.loads(told.stdout)["target_directory"])


def environment(database_url):
    """Only what is named here, so that no setting of the caller leads to another queue or database."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "DATABASE_URL": database_url, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local", "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"}
