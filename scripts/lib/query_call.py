"""One call to an SQS-compatible server in the Query protocol, which all of them speak; nothing is signed."""

import re
import urllib.parse
import urllib.request

from lib.local_servers import REGION

# Some servers find the service in it, and none of those that are called so checks it.
SIGNED = (f"AWS4-HMAC-SHA256 Credential=local/20260101/{REGION}/sqs/aws4_request, "
          "SignedHeaders=host, Signature=0")


def query(url, form):
    """The text of the reply; OSError for a refusal."""
    form = {"Version": "2012-11-05", **form}
    headers = {"authorization": SIGNED, "content-type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=10) as reply:
        return reply.read().decode()


def create_queue(endpoint, name, attributes):
    form = {"Action": "CreateQueue", "QueueName": name}
    for place, (key, value) in enumerate(attributes.items(), 1):
        form |= {f"Attribute.{place}.Name": key, f"Attribute.{place}.Value": value}
    url = re.search(r"<QueueUrl>(.*?)</QueueUrl>", query(f"{endpoint}/", form)).group(1)
    # Some servers name themselves by a host that only they know.
    return endpoint + urllib.parse.urlsplit(url).path


def attributes_of(queue_url):
    reply = query(queue_url, {"Action": "GetQueueAttributes", "QueueUrl": queue_url, "AttributeName.1": "All"})
    return dict(re.findall(r"<Name>(.*?)</Name>\s*<Value>(.*?)</Value>", reply))


def visible(queue_url):
    return int(attributes_of(queue_url)["ApproximateNumberOfMessages"])


def send(queue_url, bodies, fifo=False):
    for start in range(0, len(bodies), 10):
        form = {"Action": "SendMessageBatch", "QueueUrl": queue_url}
        for place, body in enumerate(bodies[start:start + 10], 1):
            entry = f"SendMessageBatchRequestEntry.{place}"
            form |= {f"{entry}.Id": str(place), f"{entry}.MessageBody": body}
            if fifo:
                form |= {f"{entry}.MessageGroupId": f"g{place % 3}",
                         f"{entry}.MessageDeduplicationId": f"{start}-{place}"}
        reply = query(queue_url, form)
        if reply.count("<MessageId>") != len(bodies[start:start + 10]):
            raise OSError(f"the server took only some of the messages: {reply[:200]}")
