"""Owns the table: medians, Markdown, and a word on the machine it was made on.

Never: what a line measures.
"""

import dataclasses
import os
import platform
import statistics
import subprocess


@dataclasses.dataclass
class Line:
    name: str
    rate: float = None  # messages a second
    cpu_us: float = None  # microseconds of processor time a message
    peak_mb: float = None
    ratio: str = ""


HEAD = """\
| what | messages/s | processor time a message (own process) | peak memory | |
|---|---:|---:|---:|---|
"""


def middle(values):
    return statistics.median(values)


def markdown(line):
    rate = "" if line.rate is None else f"{line.rate:,.0f}"
    cpu = "" if line.cpu_us is None else f"{line.cpu_us:,.1f} us"
    peak = "" if line.peak_mb is None else f"{line.peak_mb:.0f} MB"
    return f"| {line.name} | {rate} | {cpu} | {peak} | {line.ratio} |\n"


def made_on(runs, postgres):
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True, check=False)
    return (f"Medians of {runs} runs, the highest peak; `{commit.stdout.strip()}` on {os.cpu_count()} cores of {processor()} "
            f"that the drainer shares with PostgreSQL {postgres} (fsync on) and the in-memory SQS server; "
            f"load before the first run: {load}.\n")


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()
