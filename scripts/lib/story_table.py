"""Stories told on one server after another, and the table of how they went."""

import os
import subprocess
import sys
import time

from lib import local_servers
from lib.login_events import events
from lib.pinned_packages import ROOT, StartError
from lib.query_call import visible


class Absent(Exception):
    """The server has no such thing."""


class Wrong(Exception):
    """A story that did not go as it should, in a few words."""


def equal(what, found, wanted):
    if found != wanted:
        raise Wrong(f"{what}: {found} instead of {wanted}")


def bodies(good, rogue=0):
    return [body for _, _, body in events(good, seed=1, rogue_percent=0)] + [
        f"no login, number {number}" for number in range(rogue)]


def built():
    """The program, of this state of the source."""
    subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=ROOT, check=True)
    return ROOT / "target" / "debug" / "login-drain"


def environment(settings):
    """What the program sees: these variables, and none of ours."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_REGION": local_servers.REGION,
            "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_EC2_METADATA_DISABLED": "true",
            "LOGIN_DRAIN_PATIENCE": "10", **settings}


def run(program, command, settings, expected=0):
    """What came of `program COMMAND`; Wrong for another exit code."""
    done = subprocess.run([program, *command.split()], env=environment(settings), capture_output=True, text=True,
                          check=False)
    if done.returncode != expected:
        raise Wrong(f"exit {done.returncode} instead of {expected}: {done.stderr.strip().splitlines()[-1:]}")
    return done


def await_visible(queue, count):
    limit = time.monotonic() + 60
    while visible(queue) != count:
        if time.monotonic() > limit:
            raise Wrong(f"{visible(queue)} messages are there again instead of {count}")
        time.sleep(0.2)


def tell_all(servers, stories):
    """Prints the table, and says whether a story failed, and whether any server was tried.

    `servers` are pairs of a name and what makes a server's scene; `stories` are pairs of a name and a story. A story
    that went well gives back nothing, or what its cell is to say."""
    print("| server | " + " | ".join(title for title, _ in stories) + " |")
    print("|---" * (len(stories) + 1) + "|", flush=True)
    failed = tried = False
    for name, start in servers:
        cells = row(name, start, stories)
        tried |= not cells[0].startswith(NOT_STARTED)
        failed |= any(cell == FAILED for cell in cells)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    return failed, tried


FAILED = "**failed**"
NOT_STARTED = "not started: "


def row(name, start, stories):
    try:
        scene = start()
    except StartError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return [f"{NOT_STARTED}{str(error).splitlines()[0]}"] + ["-"] * (len(stories) - 1)
    return [cell(name, title, story, scene) for title, story in stories]


def cell(name, title, story, scene):
    try:
        return story(scene) or "ok"
    except Absent:
        return "-"
    except (Wrong, OSError, ValueError, KeyError) as error:
        print(f"{name}, {title}: {error}", file=sys.stderr)
        return FAILED
