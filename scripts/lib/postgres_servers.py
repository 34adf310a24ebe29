"""The PostgreSQL servers that scripts/postgres-matrix tries: versions, poolers before one, a synchronous pair."""

import os
import shutil
import signal
import socket
import subprocess
import time

from lib import local_servers
from lib.local_servers import for_postgres, postgres_answers, postgres_bin
from lib.pinned_packages import StartError
from lib.postgres_versions import PINNED, programs_of


# Who comes through a pooler: the owner, and those of grants.sql that the stories use.
ROLES = ["postgres", "login_drain", "login_drain_erase"]


class Server:
    """Where the program connects, and what stands behind that."""

    def __init__(self, url, direct=None, pair=None, mode="", connections=20):
        self.url, self.pair, self.connections = url, pair, connections
        self.statements_only = mode == "statement"
        # Where whoever prepares and inspects a story connects.
        self.direct = direct or url

    def as_role(self, role):
        return self.url.replace("//postgres@", f"//{role}@")


def all_servers(record):
    """Pairs of a name and what starts the server."""
    versions = [(f"PostgreSQL {major}", lambda major=major: version(record, major)) for major in PINNED]
    pools = [(f"PgBouncer, {mode} mode", lambda mode=mode: pool(record, mode))
             for mode in ("session", "transaction", "statement")]
    pools += [(f"PgBouncer, {mode} mode, one connection", lambda mode=mode: pool(record, mode, 1))
              for mode in ("session", "transaction")]
    debian = ("PostgreSQL of the system", lambda: Server(local_servers.start_postgres(record, name="system")))
    pools += [("pgpool-II", lambda: pgpool(record, one)), ("pgpool-II, with a standby", lambda: pgpool(record, both))]
    return [*versions, debian, *pools, ("synchronous standby", lambda: pair(record))]


def version(record, major):
    return Server(local_servers.start_postgres(record, name=f"postgres-{major}", programs=programs_of(major)))


def pool(record, mode, connections=20):
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if not program:
        raise StartError("PgBouncer is missing: install Debian's package pgbouncer")
    direct = local_servers.start_postgres(record, name=f"behind-{mode}-{connections}")
    home = record.directory / f"pgbouncer-{mode}-{connections}"
    home.mkdir()
    file, roles = home / "pgbouncer.ini", home / "roles.txt"
    roles.write_text("".join(f'"{role}" ""\n' for role in ROLES))

    def launch(port):
        file.write_text(f"[databases]\n* = host=127.0.0.1 port={port_of(direct)}\n[pgbouncer]\npool_mode = {mode}\n"
                        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\ndefault_pool_size = {connections}\nauth_type = trust\nauth_file = {roles}\n")
        return [program, file]

    port = local_servers.start(f"{home.name}-log", record, launch, for_postgres(home), signal.SIGINT, listens)
    url = direct.replace(f":{port_of(direct)}/", f":{port}/")
    return Server(url, direct, mode=mode, connections=connections)


def pgpool(record, backends):
    """It sends what only reads to any of the servers that `backends` starts, the first of which is the primary."""
    program = shutil.which("pgpool") or shutil.which("/usr/sbin/pgpool")
    if not program:
        raise StartError("pgpool-II is missing: install Debian's package pgpool2")
    urls = backends(record)
    home = record.directory / f"pgpool-{len(urls)}"
    home.mkdir()
    file, nothing = home / "pgpool.conf", home / "nothing.conf"
    nothing.write_text("")
    places = "".join(f"backend_hostname{place} = '127.0.0.1'\nbackend_port{place} = {port_of(url)}\n"
                     for place, url in enumerate(urls))

    def launch(port):
        file.write_text(f"backend_clustering_mode = 'streaming_replication'\nlisten_addresses = '127.0.0.1'\n"
                        f"port = {port}\npcp_port = {local_servers.free_port()}\nsocket_dir = '{home}'\n"
                        f"pcp_socket_dir = '{home}'\npid_file_name = '{home}/pid'\nlogdir = '{home}'\n"
                        f"pool_passwd = ''\nload_balance_mode = on\nsr_check_user = 'postgres'\n{places}")
        return [program, "-n", "-f", file, "-F", nothing, "-a", nothing]

    port = local_servers.start(f"{home.name}-log", record, launch, for_postgres(home), signal.SIGINT, postgres_answers)
    return Server(urls[0].replace(f":{port_of(urls[0])}/", f":{port}/"), urls[0])


def one(record):
    return [local_servers.start_postgres(record, name="behind-pgpool")]


def both(record):
    pair = Pair(record, local_servers.start_postgres(record, name="primary-behind-pgpool"))
    return [pair.primary, pair.url]


def pair(record):
    primary = local_servers.start_postgres(record, name="primary")
    return Server(primary, pair=Pair(record, primary))


class Pair:
    """A primary whose commits wait for a standby."""

    def __init__(self, record, primary):
        self.record, self.primary = record, primary
        self.home = record.directory / "standby"
        self.home.mkdir()
        self.settings = for_postgres(self.home)
        copy = [postgres_bin() / "pg_basebackup", "-d", primary, "-D", self.home / "cluster", "-R", "-X", "stream",
                "-c", "fast"]
        if subprocess.run(copy, check=False, **self.settings).returncode:
            raise StartError("pg_basebackup failed")
        self.start_standby()
        for sql in ("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"):
            psql(primary, sql)

    def start_standby(self):
        def launch(port):
            self.url = self.primary.replace(f":{port_of(self.primary)}/", f":{port}/")
            return [postgres_bin() / "postgres", "-D", self.home / "cluster", "-h", "127.0.0.1", "-k", self.home,
                    "-p", str(port), "-c", "max_connections=200", "-c", "fsync=off"]

        local_servers.start("standby", self.record, launch, self.settings, signal.SIGINT, postgres_answers)

    def stop_standby(self):
        self.stop(self.home, self.url)

    def stop_primary(self):
        self.stop(self.record.directory / "primary", self.primary)

    def stop(self, home, url):
        """At once, as a machine that loses its power."""
        pid = (home / "cluster" / "postmaster.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGQUIT)
        while postgres_answers(port_of(url)):
            time.sleep(0.05)

    def promote(self):
        psql(self.url, "SELECT pg_promote()")


def port_of(url):
    return int(url.rsplit(":", 1)[1].split("/")[0])


def psql(url, sql):
    """What a query answers, undecorated."""
    return operator_psql(url, "-c", sql)


def operator_psql(url, *arguments):
    command = [postgres_bin() / "psql", "-XqtA", "-v", "ON_ERROR_STOP=1", *arguments, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"psql: {done.stderr.strip()}")
    return done.stdout.strip()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
