"""Helpers of the journeys: publishes to the bus, and reads tables, queues and mails."""

import contextlib
import datetime
import json
import uuid
import zlib

import boto3
from boto3.dynamodb.conditions import Key

from cloud import PATIENCE
from cloud import eventually
from samples import place_order
from samples import receive_stock

STACK = "causeway"
BUS = "causeway"
EVERY_MINUTE = "rate(1 minute)"
# The longest that a schedule may take which rings every minute, on a busy machine.
RINGS_WITHIN = 180


def fresh(kind):
    """A new id."""
    return f"{kind}-{uuid.uuid4()}"


def stocked(sku, envelope=None):
    """Forty of it come in."""
    return [changed(receive_stock(), lambda data: data | {"sku": sku}, envelope)]


def ordered(order, *skus, envelope=None):
    """Two of each are ordered."""

    def of(data):
        (line,) = data["lines"]
        return data | {"lines": [line | {"sku": sku} for sku in skus]}

    return [changed(place_order(order), of, envelope)]


def delivered(order):
    """The carrier has brought the parcel."""
    detail = json.dumps({"data": {"orderId": order}})
    return [{"EventBusName": BUS, "Source": "carrier", "DetailType": "ConfirmDelivery", "Detail": detail}]


def changed(sample, change, envelope):
    (entry,) = sample
    detail = json.loads(entry["Detail"])
    detail = {"data": change(detail["data"])} | (envelope or {})
    return entry | {"Detail": json.dumps(detail)}


def publish(entries):
    """Publishes them; all must be accepted."""
    response = boto3.client("events").put_events(Entries=entries)
    assert response["FailedEntryCount"] == 0, response
    return response["Entries"]


def row(name):
    """A row of the views, or nothing."""
    key = {"row": name}
    return boto3.resource("dynamodb").Table(f"{STACK}-views").get_item(Key=key, ConsistentRead=True).get("Item")


def ends(order, status, patience=PATIENCE):
    """Waits until the order has this status, and gives its row."""

    def there():
        """the order has its last status"""
        found = row(f"order-summary/{order}")
        return found if found and found["_status"] == status else None

    return eventually(there, patience)


def process_ends(order, status):
    """Waits until the order's fulfilment stands so on the board."""

    def there():
        """the fulfilment has its last status"""
        found = row(f"process-board/{order}")
        return found if found and found["_status"] == status else None

    return eventually(there)


def in_stock(sku):
    """Waits until it is there, so that an order finds it."""
    return eventually(lambda: row(f"stock/{sku}"))


def events(stream):
    """All events of a stream, each with its name."""
    table = boto3.resource("dynamodb").Table(f"{STACK}-events")
    query = {"KeyConditionExpression": Key("stream").eq(stream), "ConsistentRead": True}
    return [event for commit in table.query(**query)["Items"] for event in events_of(commit)]


def events_of(commit):
    """The events of a commit, which are packed where that saves a write unit."""
    if "packed" in commit:
        return json.loads(zlib.decompress(bytes(commit["packed"]), wbits=-zlib.MAX_WBITS))["events"]
    return json.loads(commit["events"])


def names(stream):
    """The names of all events of a stream."""
    return [event["type"] for event in events(stream)]


def function(name):
    """The function of this logical id."""
    pages = boto3.client("lambda").get_paginator("list_functions").paginate()
    (found,) = [one for page in pages for one in page["Functions"] if f"-{name}-" in one["FunctionName"] + "-"]
    return found


@contextlib.contextmanager
def with_variables(name, **variables):
    """Lets a function run with these variables, and then as before."""
    functions, full_name = boto3.client("lambda"), function(name)["FunctionName"]
    before = functions.get_function_configuration(FunctionName=full_name)["Environment"]["Variables"]

    def update(values):
        functions.update_function_configuration(FunctionName=full_name, Environment={"Variables": values})

        def updated():
            """the function has its variables"""
            state = functions.get_function_configuration(FunctionName=full_name)["LastUpdateStatus"]
            return state == "Successful"

        eventually(updated)

    update(before | variables)
    try:
        yield
    finally:
        update(before)


def bus_event(message, source, detail):
    """A message as a rule hands it to a function."""
    return {
        "version": "0", "id": str(uuid.uuid4()), "detail-type": message, "source": source,
        "account": boto3.client("sts").get_caller_identity()["Account"], "time": "2026-01-01T00:00:00Z",
        "region": boto3.session.Session().region_name, "resources": [], "detail": detail,
    }  # fmt: skip


def rule_of(message):
    """The rule that waits for this message."""
    pages = boto3.client("events").get_paginator("list_rules").paginate(EventBusName=BUS)
    rules = [rule for page in pages for rule in page["Rules"]]
    (found,) = [rule for rule in rules if json.loads(rule["EventPattern"])["detail-type"] == [message]]
    return found["Name"]


def queue_of(context):
    """The queue of a context's dead letters."""
    queues = boto3.client("sqs").list_queues(QueueNamePrefix=STACK)["QueueUrls"]
    (queue,) = [queue for queue in queues if f"-{context}DeadLetters" in queue]
    return queue


def dead_letter_with(context, words):
    """Waits for a dead letter that contains these words, and returns its body."""
    sqs, queue = boto3.client("sqs"), queue_of(context)

    def letter():
        """the dead letter is in the queue"""
        found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2, VisibilityTimeout=2).get("Messages", [])
        return next((letter for letter in found if words in letter["Body"]), None)

    found = eventually(letter)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=found["ReceiptHandle"])
    return found["Body"]


def ring_every_minute():
    """From now on the report is due every minute; the rule itself stays as the template made it."""
    events = boto3.client("events")
    rules = [rule for page in events.get_paginator("list_rules").paginate() for rule in page["Rules"]]
    (rule,) = [rule for rule in rules if rule.get("ScheduleExpression", "").startswith("cron") and "StockReport" in rule["Name"]]
    events.put_rule(Name=rule["Name"], ScheduleExpression=EVERY_MINUTE, State="ENABLED")


def today():
    """The day as a report is named."""
    return f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}"
