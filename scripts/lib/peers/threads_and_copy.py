"""A quicker script: eight threads that receive, COPY of a thousand rows, threads that delete; no ledger, no checks.

usage: threads_and_copy.py MESSAGES
"""

import os
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.config
import psycopg
from login_row import COLUMNS, row

THREADS, BATCH = 8, 1000
sqs = boto3.client("sqs", config=botocore.config.Config(max_pool_connections=2 * THREADS))
url = os.environ["LOGIN_DRAIN_QUEUE_URL"]
received = queue.Queue(maxsize=400)
left, lock = int(sys.argv[1]), threading.Lock()


def receive():
    global left
    while True:
        with lock:
            most = min(left, 10)
            left -= most
        if most == 0:
            return
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most, WaitTimeSeconds=1).get("Messages", [])
        received.put([(message["ReceiptHandle"], row(message["Body"])) for message in messages])
        with lock:
            left += most - len(messages)


def delete(ten):
    entries = [{"Id": str(place), "ReceiptHandle": handle} for place, (handle, _) in enumerate(ten)]
    if sqs.delete_message_batch(QueueUrl=url, Entries=entries).get("Failed"):
        sys.exit("a message was not deleted")


def store(database, batch):
    with database.cursor() as cursor, cursor.copy(f"COPY user_logins ({COLUMNS}) FROM STDIN") as copy:
        for _, columns in batch:
            copy.write_row(columns)
    database.commit()


stored, batch, total = 0, [], int(sys.argv[1])
with psycopg.connect(os.environ["DATABASE_URL"]) as database, ThreadPoolExecutor(THREADS) as deleters:
    for _ in range(THREADS):
        threading.Thread(target=receive, daemon=True).start()
    deletions = []
    while stored < total:
        batch += received.get()
        if len(batch) >= BATCH or stored + len(batch) == total:
            store(database, batch)
            deletions += [deleters.submit(delete, batch[at:at + 10]) for at in range(0, len(batch), 10)]
            stored, batch = stored + len(batch), []
    for deletion in deletions:
        deletion.result()
