"""Owns one run of one program: how long it took, its own processor time, its peak memory, what it printed.

Never: what the program is, or what its figures mean.
"""

import dataclasses
import os
import subprocess
import tempfile
import threading
import time

LOOK_EVERY = 0.05  # seconds between looks at the peak memory
LONGEST = 600  # seconds; a run that lasts longer is broken


@dataclasses.dataclass
class OneRun:
    seconds: float  # from the start of the program to its end
    cpu: float  # seconds, user and system, of all its threads
    peak_mb: float
    output: str


def run(*commands, env):
    """Runs the commands at the same time and gives back one OneRun for each; ends with an error if one fails."""
    started, running = time.monotonic(), []
    for command in commands:
        output = tempfile.TemporaryFile("w+")
        running.append((subprocess.Popen(command, env=env, stdout=output), output, command))
    alarm = threading.Timer(LONGEST, lambda: [child.kill() for child, _, _ in running])
    alarm.start()
    try:
        return [finish(child, output, command, started) for child, output, command in running]
    finally:
        alarm.cancel()


def finish(child, output, command, started):
    peak = [0.0]
    # The kernel's ru_maxrss counts what Python held before the program took its place, so it is not used.
    watcher = threading.Thread(target=watch_memory, args=(child.pid, peak), daemon=True)
    watcher.start()
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    output.seek(0)
    text = output.read()
    # 4 is "stopped early by a limit", which is how most runs here end.
    if child.returncode not in (0, 4):
        raise SystemExit(f"bench: `{' '.join(map(str, command))}` ended with {child.returncode}: {text}")
    return OneRun(seconds, used.ru_utime + used.ru_stime, peak[0], text)


def watch_memory(pid, peak):
    while True:
        try:
            with open(f"/proc/{pid}/status") as status:
                lines = [line for line in status if line.startswith("VmHWM")]
        except OSError:
            return
        if not lines:
            return
        peak[0] = int(lines[0].split()[1]) / 1024
        time.sleep(LOOK_EVERY)
