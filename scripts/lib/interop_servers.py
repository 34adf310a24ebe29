"""The SQS-compatible servers that scripts/interop tries: how each is installed, and started."""

import hashlib
import os
import shutil
import signal
import urllib.error

from lib import local_servers
from lib.local_servers import REGION
from lib.npm_and_java import java, unpacked
from lib.pinned_packages import AS_LISTED, LIB, StartError, cache, locked, python_of
from lib.query_call import query

# ElasticMQ's package of npm, and its SHA-512 as npm writes it.
ELASTICMQ = ("elasticmq@0.7.1", "S4aW8eR1i+cHaIm3rW2C+5wAU97d6Xbrahb+wyXL7NJG9Klg+0yu7MZ9cxsFtGl0L1DQFRUxFGK6xO/y5yVYAw==")


class ForeignServer:
    """How one server is installed into the cache that outlives a clone, and started from there.

    `install(may_install)` gives back what `start(record, installed)` needs; the latter gives back the endpoint."""

    def __init__(self, name, install, start):
        self.name, self.install, self.start = name, install, start


def of_pypi(name):
    def install(may_install):
        wanted = LIB / f"interop-{name}.requirements.txt"
        # Clones of other states of this list have a venv of their own.
        place = f"{name}-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:8]}"
        return python_of(place, wanted, name, below=cache() / "interop", manner=AS_LISTED, may_install=may_install)
    return install


def ministack(record, _):
    return local_servers.start_sqs(record)


def moto(record, python):
    return started(record, "moto", lambda port: [python.parent / "moto_server", "-H", "127.0.0.1", "-p", str(port)])


def localstack(record, python):
    name = python.parent.parent.name
    home = record.directory / name
    home.mkdir()
    env = {"SERVICES": "sqs", "DNS_ADDRESS": "0", "SKIP_SSL_CERT_DOWNLOAD": "1", "DEFAULT_REGION": REGION,
           "LOCALSTACK_VOLUME_DIR": str(home), "DISABLE_EVENTS": "1", "EAGER_SERVICE_LOADING": "0"}
    command = [python, "-m", "localstack.runtime.main"]

    def launch(port):
        env.update({"GATEWAY_LISTEN": f"127.0.0.1:{port}", "EDGE_PORT": str(port)})
        return command

    return started(record, name, launch, env)


def java_and_elasticmq(may_install):
    package, checksum = ELASTICMQ
    home = cache() / "interop" / package
    program = java(may_install)
    with locked(home):
        if not home.exists():
            if not may_install:
                raise StartError("elasticmq is not installed")
            unpacked(package, checksum, home, shutil.unpack_archive)
    return program, next(home.glob("package/*.jar"))


def elasticmq(record, installed):
    program, archive = installed
    settings = record.directory / "elasticmq.conf"

    def launch(port):
        settings.write_text(f'node-address {{ protocol = http, host = "127.0.0.1", port = {port}, context-path = "" }}\n'
                            f'rest-sqs {{ enabled = true, bind-port = {port}, bind-hostname = "127.0.0.1", '
                            'sqs-limits = relaxed }\n')
        return [program, "--add-opens", "java.base/java.util.regex=ALL-UNNAMED", "--add-opens",
                "java.base/java.lang=ALL-UNNAMED", f"-Dconfig.file={settings}", "-jar", archive]

    return started(record, "elasticmq", launch)


SERVERS = [
    ForeignServer("ministack 1.5", lambda _: None, ministack),
    ForeignServer("moto 5.1", of_pypi("moto"), moto),
    ForeignServer("LocalStack 4.3", of_pypi("localstack-4.3"), localstack),
    ForeignServer("LocalStack 2.3", of_pypi("localstack-2.3"), localstack),
    ForeignServer("ElasticMQ 0.7", java_and_elasticmq, elasticmq),
]


def started(record, name, launch, env=None):
    home = record.directory / f"{name}-home"
    home.mkdir(exist_ok=True)
    settings = {"cwd": home, "env": {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home),
                                     "PYTHONUNBUFFERED": "1", **(env or {})}}
    # The dictionary that `launch` changes is the one that the server gets.
    if env is not None:
        env.update(settings["env"])
        settings["env"] = env
    port = local_servers.start(name, record, launch, settings, signal.SIGTERM, listens)
    return f"http://127.0.0.1:{port}"


def listens(port):
    """Whether a queue can be listed: some servers listen long before they serve."""
    try:
        query(f"http://127.0.0.1:{port}/", {"Action": "ListQueues"})
        return True
    except (OSError, urllib.error.URLError, ValueError):
        return False
