"""Owns the store without a queue: the drain's own SQL files beside a bare insert of the same rows.

Both send the same binary arrays, made beforehand, straight through libpq: what is timed is PostgreSQL and
the round trips, four for the drain (begin, claim, insert, commit), one for the bare insert, which commits
by itself. Batches of the two take turns, so that load from elsewhere strikes both.
Never: the drain's own code; its processor time is in the other rows.
usage: store_alone.py SQL_DIRECTORY BATCHES     prints "DRAIN BARE", in rows a second
"""

import datetime
import hashlib
import os
import pathlib
import random
import struct
import sys
import time

import psycopg
from psycopg.pq import ExecStatus

ROWS = 1000
DATE, INT4, TEXT, TIMESTAMPTZ, UUID = 1082, 23, 25, 1184, 2950
ARRAY_OF = {INT4: 1007, TEXT: 1009, TIMESTAMPTZ: 1185, UUID: 2951}
TODAY = struct.pack("!i", (datetime.date.today() - datetime.date(2000, 1, 1)).days)
rng = random.Random(1)
sql = {path.stem: path.read_bytes() for path in pathlib.Path(sys.argv[1]).glob("*.sql")}


def array(kind, items):
    """A PostgreSQL array in binary; None is NULL."""
    parts = [struct.pack("!i", -1) if item is None else struct.pack("!i", len(item)) + item for item in items]
    shape = struct.pack("!ii", len(parts), 1) if parts else b""
    return ARRAY_OF[kind], struct.pack("!iiI", 1 if parts else 0, None in items, kind) + shape + b"".join(parts)


def many(make):
    return [make() for _ in range(ROWS)]


def batch():
    """The parameters of the claim and of the insert, each with its type."""
    hashes = [array(TEXT, many(lambda: hashlib.sha256(rng.randbytes(8)).hexdigest().encode())) for _ in range(2)]
    none = array(TEXT, [])
    claim = [array(UUID, sorted(many(lambda: rng.randbytes(16)))), array(TIMESTAMPTZ, many(lambda: bytes(8))),
             array(UUID, []), none, none, none]
    rows = [array(TEXT, many(lambda: rng.randbytes(18).hex().encode())),
            array(TEXT, many(lambda: rng.choice([b"android", b"ios", b"web"]))), *hashes,
            array(TEXT, many(lambda: rng.choice([None, b"RU", b"US"]))),
            array(INT4, many(lambda: struct.pack("!i", rng.choice([230, 231, 26])))), (DATE, TODAY)]
    return claim, rows


def ask(database, statement, parameters=()):
    kinds, values = [kind for kind, _ in parameters], [value for _, value in parameters]
    if not parameters:
        result = database.exec_(statement)
    else:
        result = database.exec_params(statement, values, kinds, [1] * len(values), 1)
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        sys.exit(result.error_message.decode())
    return result


def drain_way(database, claim, rows):
    ask(database, sql["begin_batch"])
    if ask(database, sql["claim_messages"], claim).ntuples != ROWS:
        sys.exit("the ledger knew a fresh message")
    ask(database, sql["insert_logins"], rows)
    ask(database, sql["commit_batch"])


def bare_way(database, _, rows):
    ask(database, sql["insert_logins"], rows)


batches, seconds = [batch() for _ in range(int(sys.argv[2]))], {drain_way: 0.0, bare_way: 0.0}
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    connection.execute("TRUNCATE user_logins, login_drain_ledger")
    connection.execute("CHECKPOINT")
    for claim, rows in batches:
        for way in seconds:
            started = time.monotonic()
            way(connection.pgconn, claim, rows)
            seconds[way] += time.monotonic() - started
print(*(len(batches) * ROWS / spent for spent in seconds.values()))
