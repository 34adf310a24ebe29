"""What one run has started, written down so that a later run can end it should this one be killed."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

PREFIX = "login-drain-servers-"
PATIENCE = 10  # seconds between asking a server to stop and killing it
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Record:
    """A private directory with `record.json`: who owns it, and what runs in it."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
        self.directory.chmod(0o711)  # as root, PostgreSQL runs as somebody else and must get in
        self.written = {"owner": identity(os.getpid()), "servers": [], "compose": None}
        self.save()

    def save(self):
        fresh = self.directory / "record.new"
        fresh.write_text(json.dumps(self.written))
        fresh.replace(self.directory / "record.json")

    def launch(self, command, stop_signal, **settings):
        """Starts a server in a session of its own, so that Ctrl-C reaches the command first and the server last."""
        return self.start(command, stop_signal, stdin=subprocess.DEVNULL, start_new_session=True, **settings)

    def start(self, command, stop_signal, **settings):
        """Starts a process that is on record before any signal can end us."""
        with undisturbed():
            process = subprocess.Popen(command, **settings)
            self.written["servers"].append({**identity(process.pid), "signal": int(stop_signal)})
            self.save()
        return process

    def add_compose(self, command):
        self.written["compose"] = command
        self.save()

    def stop_all(self):
        with undisturbed():
            stop_all(self.directory, self.written)


@contextlib.contextmanager
def undisturbed():
    """Holds back Ctrl-C and its like until the block is done."""
    held = []
    before = {number: signal.signal(number, lambda number, _: held.append(number)) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in held:
        signal.raise_signal(number)


def sweep():
    """Ends what earlier runs of this user left behind because they were killed."""
    for directory in pathlib.Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            # Another user's record could name any process: only our own are believed.
            if directory.lstat().st_uid != os.getuid():
                continue
            written = json.loads((directory / "record.json").read_text())
        except (OSError, ValueError):
            continue
        if not alive(written["owner"]):
            stop_all(directory, written)


def stop_all(directory, written):
    if written["compose"]:
        subprocess.run(written["compose"] + ["down", "--volumes", "--timeout", "5"], check=False)
    for process in reversed(written["servers"]):
        stop(process)
    shutil.rmtree(directory, ignore_errors=True)


def stop(process):
    for number in (process["signal"], signal.SIGKILL):
        if not alive(process):
            return
        os.kill(process["pid"], number)
        deadline = time.monotonic() + PATIENCE
        while alive(process) and time.monotonic() < deadline:
            time.sleep(0.02)


def identity(pid):
    return {"pid": pid, "started": started(pid)}


def alive(recorded):
    return recorded["started"] is not None and started(recorded["pid"]) == recorded["started"]


def started(pid):
    """Clock ticks from boot to the start of `pid`; None when it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
