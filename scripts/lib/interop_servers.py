"""The SQS-compatible servers that scripts/interop tries: how each is installed below target/, and started."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request

from lib import local_servers
from lib.local_servers import REGION
from lib.pinned_packages import LIB, ROOT, StartError
from lib.query_call import query

HOME = ROOT / "target" / "interop"
# Off where only what an earlier run has installed is to be tried.
may_install = True


def ministack(record):
    return local_servers.start_sqs(record)


def moto(record):
    python = venv("moto")
    return started(record, "moto", lambda port: [python.parent / "moto_server", "-H", "127.0.0.1", "-p", str(port)])


def localstack(name):
    def start(record):
        python = venv(name)
        home = record.directory / name
        home.mkdir()
        env = {"SERVICES": "sqs", "DNS_ADDRESS": "0", "SKIP_SSL_CERT_DOWNLOAD": "1", "DEFAULT_REGION": REGION,
               "LOCALSTACK_VOLUME_DIR": str(home), "DISABLE_EVENTS": "1", "EAGER_SERVICE_LOADING": "0"}
        command = [python, "-m", "localstack.runtime.main"]

        def launch(port):
            env.update({"GATEWAY_LISTEN": f"127.0.0.1:{port}", "EDGE_PORT": str(port)})
            return command

        return started(record, name, launch, env)
    return start


def elasticmq(record):
    if not shutil.which("npm") or not shutil.which("java"):
        raise StartError("needs npm and java")
    home = HOME / "elasticmq"
    jars = list(home.glob("node_modules/elasticmq/*.jar"))
    if not jars:
        refuse_to_install("ElasticMQ")
        home.mkdir(parents=True, exist_ok=True)
        run(["npm", "install", "--silent", "--ignore-scripts", "--prefix", home, "elasticmq@0.7.1"])
        jars = list(home.glob("node_modules/elasticmq/*.jar"))
    if not jars:
        raise StartError("npm brought no server")
    settings = record.directory / "elasticmq.conf"

    def launch(port):
        settings.write_text(f'node-address {{ protocol = http, host = "127.0.0.1", port = {port}, context-path = "" }}\n'
                            f'rest-sqs {{ enabled = true, bind-port = {port}, bind-hostname = "127.0.0.1", '
                            'sqs-limits = relaxed }\n')
        return ["java", "--add-opens", "java.base/java.util.regex=ALL-UNNAMED", "--add-opens",
                "java.base/java.lang=ALL-UNNAMED", f"-Dconfig.file={settings}", "-jar", jars[0]]

    return started(record, "elasticmq", launch)


# Name for people, and how to start it; each gives back its endpoint.
SERVERS = [
    ("ministack 1.5", ministack),
    ("moto 5.1", moto),
    ("LocalStack 4.3", localstack("localstack-4.3")),
    ("LocalStack 2.3", localstack("localstack-2.3")),
    ("ElasticMQ 0.7", elasticmq),
]


def venv(name):
    """The python of target/interop/NAME, with the packages that its list pins, and no others."""
    wanted, home = LIB / f"interop-{name}.requirements.txt", HOME / name
    python, stamp = home / "bin" / "python", home / "installed.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        refuse_to_install(name)
        print(f"installing {name} into target/interop", file=sys.stderr)
        run([sys.executable, "-m", "venv", home])
        # The list is whole; what packages say of each other's versions is not always true.
        run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r", wanted])
        stamp.write_text(wanted.read_text())
    return python


def refuse_to_install(name):
    if not may_install:
        raise StartError(f"{name} is not installed: `scripts/interop` does it")


def run(command):
    done = subprocess.run(list(map(str, command)), stdout=sys.stderr, check=False)
    if done.returncode:
        raise StartError(f"could not run `{' '.join(map(str, command[:6]))} …`")


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
