"""Made-up login events, good ones and rogue ones; the same seed gives the same events.

An event is (kind, verdict, body): a short name for its kind, "store" or "reject" as
login-drain should judge it, and the text of the message.
"""

import json
import random
import uuid

VERSIONS = ["2.3.0", "2.3.1", "0.26", "2.00", "2.21", "3.0.1", "1.14.2", "5"]
DEVICES = ["android", "android", "android", "iOS", "iOS", "web"]
LOCALES = ["RU", "US", "DE", "BR", "en_GB", "pt_BR", "zh_Hant_TW"]
REPEAT_LOGIN = 0.35  # share of logins by somebody who has logged in before


def events(count, seed=1, rogue_percent=5.0, duplicates=0):
    """Yields `count` events, then `duplicates` of the good ones again: logins that repeat."""
    rng = random.Random(seed)
    users = []
    rogue_total = round(count * rogue_percent / 100)
    again = []
    rogue_made = 0
    for position in range(count):
        # Evenly spread, so that every stretch of the queue has its share of every kind.
        if (position + 1) * rogue_total // count > rogue_made:
            event = rogue(rng, users, rogue_made)
            rogue_made += 1
        else:
            event = good(rng, users)
            if len(again) < duplicates:
                again.append(event)
        yield event
    for position in range(duplicates if again else 0):
        yield ("repeated login",) + again[position % len(again)][1:]


def good(rng, users):
    return "good", "store", json.dumps(login(rng, users))


def login(rng, users):
    """One login as phones send it: a third have no locale, a few no address or device id."""
    return {
        "user_id": user(rng, users),
        "app_version": rng.choice(VERSIONS),
        "device_type": rng.choice(DEVICES),
        "ip": address(rng),
        "locale": None if rng.random() < 1 / 3 else rng.choice(LOCALES),
        "device_id": None if rng.random() < 0.02 else device_id(rng),
    }


def user(rng, users):
    if users and rng.random() < REPEAT_LOGIN:
        return rng.choice(users)
    name = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if len(users) < 10_000:
        users.append(name)
    return name


def address(rng):
    """Addresses from blocks reserved for tests and private networks, so that they are nobody's."""
    draw = rng.random()
    if draw < 0.02:
        return None
    if draw < 0.15:
        return "2001:db8:%x:%x::%x" % tuple(rng.randrange(1, 65536) for _ in range(3))
    block = rng.choice(["198.18", "198.19", "10.20", "172.16"])
    return "%s.%d.%d" % (block, rng.randrange(256), rng.randrange(1, 255))


def device_id(rng):
    return "%03d-%02d-%04d" % (rng.randrange(1000), rng.randrange(100), rng.randrange(10_000))


def rogue(rng, users, number):
    """The number-th odd message; the kinds take turns."""
    kind, verdict, alter = ROGUES[number % len(ROGUES)]
    return kind, verdict, alter(login(rng, users))


def with_field(name, value):
    return lambda event: json.dumps({**event, name: value})


def without_field(name):
    return lambda event: json.dumps({key: event[key] for key in event if key != name})


def in_envelope(event):
    return json.dumps({
        "Type": "Notification",
        "MessageId": event["user_id"],
        "TopicArn": "arn:aws:sns:eu-central-1:000000000000:logins",
        "Message": json.dumps(event),
    })


ROGUES = [
    ("wrong type", "reject", lambda _: json.dumps({"foo": "oops_wrong_msg_type", "bar": "123"})),
    ("broken json", "reject", lambda event: json.dumps(event)[:-20]),
    ("null version", "reject", with_field("app_version", None)),
    ("odd version", "reject", with_field("app_version", "2.x")),
    ("sns envelope", "store", in_envelope),
    ("long user_id", "reject", with_field("user_id", "u" * 129)),
    ("long locale", "reject", with_field("locale", "l" * 33)),
    ("missing field", "reject", without_field("device_type")),
    ("number as text", "reject", with_field("device_type", 7)),
    ("empty user_id", "reject", with_field("user_id", "")),
    ("huge version", "reject", with_field("app_version", "21474.83648")),
    ("nul in text", "reject", with_field("device_type", "andr\u0000id")),
    ("extra field", "store", with_field("session", "abc")),
    ("not an object", "reject", lambda event: json.dumps(list(event))),
]
