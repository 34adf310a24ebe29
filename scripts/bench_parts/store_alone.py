"""Owns the store without a queue: the drain's own SQL files beside a bare insert of the same rows.

Both send the same arrays, made beforehand as text, so that what is timed is PostgreSQL and the round trips:
four for the drain (begin, claim, insert, commit), one for the bare insert (which commits by itself).
Never: the drain's own code; its processor time is in the other rows.
usage: store_alone.py SQL_DIRECTORY BATCHES     prints "DRAIN BARE", in rows a second
"""

import hashlib
import json
import os
import pathlib
import random
import sys
import time
import uuid

import psycopg

ROWS = 1000
sql = {path.stem: path.read_text() for path in pathlib.Path(sys.argv[1]).glob("*.sql")}
rng = random.Random(1)


def array(items):
    quoted = ("NULL" if item is None else json.dumps(str(item)) for item in items)
    return "{" + ",".join(quoted) + "}"


def hashes():
    return array(hashlib.sha256(rng.randbytes(8)).hexdigest() for _ in range(ROWS))


def arrays():
    """The parameters of the claim and of the insert, for one batch."""
    ids = array(sorted(str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(ROWS)))
    claim = [ids, array(["2026-01-01 00:00:00+00"] * ROWS), "{}", "{}", "{}", "{}"]
    users = array(uuid.UUID(int=rng.getrandbits(128), version=4) for _ in range(ROWS))
    devices = array(rng.choice(["android", "ios", "web"]) for _ in range(ROWS))
    locales = array(rng.choice([None, "RU", "US"]) for _ in range(ROWS))
    versions = array(rng.choice([230, 231, 26]) for _ in range(ROWS))
    return claim, [users, devices, hashes(), hashes(), locales, versions, "2026-01-01"]


def drain_way(cursor, claim, rows):
    cursor.execute(sql["begin_batch"])
    while cursor.nextset():
        pass
    cursor.execute(sql["claim_messages"], claim)
    if len(cursor.fetchall()) != ROWS:
        sys.exit("the ledger knew a fresh message")
    cursor.execute(sql["insert_logins"], rows)
    cursor.execute(sql["commit_batch"])


def rate(cursor, batches, way):
    cursor.execute("TRUNCATE user_logins, login_drain_ledger")
    cursor.execute("CHECKPOINT")
    started = time.monotonic()
    for claim, rows in batches:
        way(cursor, claim, rows)
    return len(batches) * ROWS / (time.monotonic() - started)


batches = [arrays() for _ in range(int(sys.argv[2]))]
# The statements are the files' own, with $1, and are not prepared, as the drain does not prepare them.
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=None) as database:
    with psycopg.RawCursor(database) as cursor:
        drain = rate(cursor, batches, drain_way)
        bare = rate(cursor, batches, lambda cursor, _, rows: cursor.execute(sql["insert_logins"], rows))
print(drain, bare)
