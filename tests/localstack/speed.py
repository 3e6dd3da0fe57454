"""The same stack and the same orders on the local cloud and on MiniStack, side by side: how long until it is ready,
how many orders a second, how long from PlaceOrder to OrderConfirmed. It measures and asserts nothing."""

import argparse
import datetime
import itertools
import json
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "aws"))

import boto3  # noqa: E402

import journeys  # noqa: E402
import stack  # noqa: E402
from endpoints import OnLocal  # noqa: E402
from endpoints import OnMiniStack  # noqa: E402
from journeys import fresh  # noqa: E402
from prepared import laid_out  # noqa: E402

# As many skus are in stock, so that orders do not compete for one.
SKUS = 20
WARM_UP = 20
BATCH = 10
# No order takes so long that is not lost.
PATIENCE = 180


class Confirmations:
    """The events of confirmed orders, received on a queue of its own: the time of each, by order."""

    def __init__(self):
        events, self.sqs, name = boto3.client("events"), boto3.client("sqs"), fresh("confirmed")
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        named = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": ["causeway.order"], "detail-type": ["OrderConfirmed"]})
        events.put_rule(Name=name, EventBusName=journeys.BUS, EventPattern=pattern)
        target = {"Id": "queue", "Arn": named["Attributes"]["QueueArn"]}
        events.put_targets(Rule=name, EventBusName=journeys.BUS, Targets=[target])
        self.came = {}

    def wait_for(self, orders):
        """Waits for these orders."""
        end = time.monotonic() + PATIENCE
        while orders - self.came.keys():
            if time.monotonic() > end:
                raise SystemExit(f"{len(orders - self.came.keys())} of {len(orders)} orders were never confirmed")
            self.receive()

    def receive(self):
        """Notes what is there."""
        received = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageSystemAttributeNames=["SentTimestamp"]
        ).get("Messages", [])
        for message in received:
            order = json.loads(message["Body"])["detail"]["aggregateId"]
            self.came.setdefault(order, int(message["Attributes"]["SentTimestamp"]) / 1000)
        if received:
            entries = [{"Id": str(at), "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(received)]
            self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries)


def put(skus, count):
    """Puts so many orders, ten a call, each of what is next, and gives the moment of each."""
    orders = [fresh("o") for _ in range(count)]
    moments = {}
    for at in range(0, count, BATCH):
        batch = orders[at : at + BATCH]
        moment = time.time()
        journeys.publish([journeys.ordered(one, next(skus))[0] for one in batch])
        moments |= dict.fromkeys(batch, moment)
    return moments


def measured(orders, singles):
    """Orders a second of so many at once, and the milliseconds of so many one by one."""
    skus = [fresh("mug") for _ in range(SKUS)]
    # Enough for all: an order takes two of one thing, and forty come in at once.
    for _ in range(2 + 2 * (orders + singles + WARM_UP) // (40 * SKUS)):
        for sku in skus:
            journeys.publish(journeys.stocked(sku))
    for sku in skus:
        journeys.in_stock(sku)
    skus = itertools.cycle(skus)
    confirmations = Confirmations()
    confirmations.wait_for(set(put(skus, WARM_UP)))
    moments = put(skus, orders)
    confirmations.wait_for(set(moments))
    came = confirmations.came
    a_second = orders / (max(came[order] for order in moments) - min(moments.values()))
    took = []
    for _ in range(singles):
        ((order, moment),) = put(skus, 1).items()
        confirmations.wait_for({order})
        took.append(1000 * (came[order] - moment))
    took.sort()
    return a_second, took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)]


def side(name, start, built, choice):
    """Starts an endpoint, deploys, measures, stops: a line of the table."""
    begun = time.monotonic()
    endpoint = start()
    try:
        os.environ.update(endpoint.environment())
        stack.every(boto3.client("dynamodb"), "list_tables", "TableNames")
        answers = time.monotonic() - begun
        if endpoint.takes_stacks:
            stack.deploy(endpoint, built)
        deployed = time.monotonic() - begun
        line = (name, answers, deployed, *measured(choice.orders, choice.singles))
    finally:
        endpoint.stop()
    print(f"measured {name}", file=sys.stderr, flush=True)
    return line


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":", 1)[0])
    parser.add_argument("--local", metavar="CAUSEWAY", required=True, help="the program of the local cloud")
    parser.add_argument("--binaries", metavar="FOLDER", required=True, help="the functions' binaries")
    parser.add_argument("--orders", metavar="N", type=int, default=200, help="so many at once [default: %(default)s]")
    parser.add_argument("--singles", metavar="N", type=int, default=50, help="so many one by one [default: %(default)s]")
    choice = parser.parse_args()
    built = laid_out(choice.binaries)
    kinds = [
        ("local cloud, one process", lambda: OnLocal(choice.local)),
        ("local cloud, processes", lambda: OnLocal(choice.local, "--binaries", choice.binaries)),
        ("MiniStack", lambda: OnMiniStack(rights=False)),
    ]
    lines = [side(name, start, built, choice) for name, start in kinds]
    print(f"{datetime.date.today()}, {os.cpu_count()} cores, {choice.orders} orders at once, {choice.singles} one by one")
    print(f"{'endpoint':<26} {'answers s':>10} {'deployed s':>11} {'orders/s':>9} {'p50 ms':>8} {'p99 ms':>8}")
    for name, answers, deployed, a_second, half, most in lines:
        print(f"{name:<26} {answers:>10.2f} {deployed:>11.2f} {a_second:>9.1f} {half:>8.0f} {most:>8.0f}")


if __name__ == "__main__":
    main()
