"""The old way, and no more than it takes: one message, one transaction, one delete at a time; no ledger, no checks.

usage: one_by_one.py MESSAGES
"""

import os
import sys

import boto3
import psycopg
from login_row import INSERT, row

sqs, queue = boto3.client("sqs"), os.environ["LOGIN_DRAIN_QUEUE_URL"]
left = int(sys.argv[1])
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
    while left > 0:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=min(left, 10)).get("Messages", [])
        for message in messages:
            with database.transaction():
                database.execute(INSERT, row(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        left -= len(messages)
