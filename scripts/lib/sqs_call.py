"""One signed call to SQS, real or local: the JSON protocol, AWS Signature 4, credentials from the environment."""

import datetime
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request


class SqsError(Exception):
    """A call that failed, in words for a terminal."""


def call(endpoint, region, action, body):
    """Sends `action` (for example "SendMessageBatch") and gives back the reply as a dict."""
    payload = json.dumps(body).encode()
    headers = signed_headers(endpoint, region, action, payload, datetime.datetime.now(datetime.timezone.utc))
    request = urllib.request.Request(endpoint, data=payload, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as refused:
        raise SqsError(f"could not {action} at {endpoint}: {reason(refused)}") from None
    except (OSError, ValueError) as broken:
        raise SqsError(f"could not {action} at {endpoint}: {broken}") from None


def reason(refused):
    try:
        said = json.loads(refused.read())
        return f"{said.get('__type', refused.code)}: {said.get('message', said.get('Message', ''))}"
    except ValueError:
        return f"HTTP {refused.code}"


def signed_headers(endpoint, region, action, payload, now):
    """The headers that AWS Signature 4 asks for, Authorization among them."""
    at = urllib.parse.urlsplit(endpoint)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": at.netloc,
        "x-amz-date": stamp,
        "x-amz-target": f"AmazonSQS.{action}",
    }
    if os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n{at.path or '/'}\n\n{lines}\n{names}\n{hashlib.sha256(payload).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/sqs/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + credential("AWS_SECRET_ACCESS_KEY")).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential('AWS_ACCESS_KEY_ID')}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return headers


def credential(name):
    if not os.environ.get(name):
        raise SqsError(f"could not sign the call: {name} is not set; export it, or run this inside scripts/dev-up")
    return os.environ[name]
