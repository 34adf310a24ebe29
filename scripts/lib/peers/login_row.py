"""What both peers make of a message: the columns of user_logins, personal values hashed."""

import datetime
import hashlib
import json

COLUMNS = "user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date"
INSERT = f"INSERT INTO user_logins ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)"
TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def row(body):
    login = json.loads(body)
    return (login["user_id"], login["device_type"], masked(login["ip"]), masked(login["device_id"]),
            login["locale"], int(login["app_version"].replace(".", "")), TODAY)


def masked(value):
    return hashlib.sha256((value or "").encode()).hexdigest()
