"""Owns what is measured: each function makes one part of the table, line by line.

Never: how a run is timed (one_run.py), what surrounds it (scene.py), how lines are printed (table.py).
"""

import json
import sys

from bench_parts.one_run import run
from bench_parts.scene import PARTS, ROOT
from bench_parts.table import Line, middle

LATENCY_MS = 20
MOST_PER_CALL = 10


def drains(scene, runs, sizes):
    """Full queues of several sizes, --max-messages their number, so that no run ends in a wait."""
    for messages in sizes:
        yield drain_line(scene, runs, f"login-drain, {messages:,} messages", messages)
    yield drain_line(scene, runs, "login-drain, 100,000 messages, until the queue stays empty (2 s taken off)",
                     100_000, at_end=2.0)
    yield drain_line(scene, runs, "login-drain, 100,000 messages, Query protocol", 100_000, server=["--query-only"])


def drain_line(scene, runs, name, messages, at_end=0.0, server=()):
    def once():
        with scene.queue(messages, 0, *server) as env:
            limit = [] if at_end else ["--max-messages", str(messages)]
            [done] = run([scene.drainer, "drain", *limit], env=env)
        scene.expect_rows(messages)
        return done
    return line_of_runs(name, messages, repeat(runs, once), at_end)


def scripts(scene, runs):
    parts = [("boto3, one transaction and one delete a message", "one_by_one.py", 2_000),
             ("boto3, 8 threads, COPY in 1,000s", "threads_and_copy.py", 20_000)]
    for name, script, messages in parts:
        def once(script=script, messages=messages):
            with scene.queue(messages) as env:
                [done] = run([scene.python, PARTS / script, str(messages)], env={**env, "AWS_DEFAULT_REGION": "us-east-1"})
            scene.expect_rows(messages)
            return done
        yield line_of_runs(f"{name} ({messages:,} messages)", messages, repeat(runs, once))


def line_of_runs(name, messages, done, at_end=0.0):
    return Line(name, rate=middle(messages / (one.seconds - at_end) for one in done),
                cpu_us=middle(one.cpu / messages * 1e6 for one in done), peak_mb=max(one.peak_mb for one in done))


def latency(scene, runs):
    """Rates with a slow queue, against what its latency allows."""
    for receivers in (8, 16, 32, 64):
        bound = receivers * MOST_PER_CALL / (LATENCY_MS / 1000)
        messages = int(bound) * 8
        rate = middle(latency_bound_rate(scene, messages, receivers, 1) for _ in range(runs))
        yield Line(f"{LATENCY_MS} ms a call, {receivers} receivers ({messages:,} messages)", rate=rate,
                   ratio=f"{rate / bound:.0%} of the bound {bound:,.0f}")


def two_drainers(scene, runs):
    one = middle(latency_bound_rate(scene, 32_000, 8, 1) for _ in range(runs))
    two = middle(latency_bound_rate(scene, 32_000, 8, 2) for _ in range(runs))
    yield Line(f"{LATENCY_MS} ms a call, 8 receivers, 2 drainers on one queue", rate=two,
               ratio=f"{two / one:.2f} times one drainer")


def latency_bound_rate(scene, each, receivers, drainers):
    with scene.queue(each * drainers, LATENCY_MS) as env:
        command = [scene.drainer, "drain", "--receivers", str(receivers), "--max-messages", str(each)]
        done = run(*[command] * drainers, env=env)
    scene.expect_rows(each * drainers)
    return each * drainers / max(one.seconds for one in done)


def store(scene, runs):
    def once():
        [done] = run([scene.python, PARTS / "store_alone.py", ROOT / "sql", "100"], env=scene.env)
        return tuple(map(float, done.output.split()))
    rates = repeat(runs, once)
    yield Line("the store's SQL alone, 1,000 rows a batch", rate=middle(drain for drain, _ in rates),
               ratio=f"{middle(drain / bare for drain, bare in rates):.0%} of a bare unnest insert "
                     f"({middle(bare for _, bare in rates):,.0f}/s)")


def calls(scene, runs):
    with scene.queue(100_000) as env:
        [done] = run([scene.drainer, "drain", "--max-messages", "100000", "--format", "json"], env=env)
    told = json.loads(done.output)
    made = told["receive_calls"] + told["delete_calls"]
    yield Line("calls on a full queue of 100,000", ratio=f"{made / 100_000:.4f} a message")
    with scene.queue(0) as env:
        idle = repeat(runs, lambda: run([scene.drainer, "drain", "--format", "json"], env=env)[0])
    told = json.loads(idle[0].output)
    yield Line("an idle run, --wait-seconds 2", ratio=f"{told['receive_calls']} receives, "
               f"{middle(one.seconds for one in idle):.3f} s, {middle(one.cpu for one in idle) * 1000:.1f} ms of processor time")


def start_up(scene, runs):
    for arguments in (["--version"], ["init-db", "--print"]):
        def once(arguments=arguments):
            return run([scene.drainer, *arguments], env=scene.env)[0]
        once()  # The first one reads the program from disk.
        done = repeat(max(runs, 9), once)
        yield Line(f"start: login-drain {' '.join(arguments)}", ratio=f"{middle(one.seconds for one in done) * 1000:.1f} ms")


def repeat(runs, once):
    done = []
    for number in range(runs):
        print(f"run {number + 1} of {runs}", end="\r", file=sys.stderr, flush=True)
        done.append(once())
    return done
