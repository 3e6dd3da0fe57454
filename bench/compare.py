"""Two builds of the command `causeway`, beside each other: orders a second, the time of one order, and the start on a
history. Each round measures the first build and then the second, and the result is the median of the ratios."""

import argparse
import itertools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time
import uuid

import boto3

SKUS = 50
BATCH = 10
TIMEOUT = 300
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}


class Side:
    """One build: its source tree, its binary, and a data folder with a history."""

    def __init__(self, name, tree, data):
        self.name, self.tree = name, pathlib.Path(tree)
        self.binary = self.tree / "target/release/causeway"
        self.history = data / f"{name}-history"
        self.scratch = data / f"{name}-scratch"

    def start(self, folder, *options):
        """Starts the local cloud; the process, its URL and the seconds until it was ready."""
        begun = time.monotonic()
        command = [self.binary, "up", "--port", "0", "--data", folder, *options]
        process = subprocess.Popen(command, cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in process.stdout:
            if line.startswith("ready "):
                return process, line.split()[1], time.monotonic() - begun
        raise SystemExit(f"{self.name}: it ended before it was ready")

    def carry(self, folder, orders, singles, *options):
        """Orders a second of so many put at once, and the median milliseconds of so many one by one."""
        process, url, _ = self.start(folder, *options)
        try:
            shop = Shop(url)
            begun = time.time()
            shop.wait(shop.put(orders))
            rate = orders / (max(shop.confirmed.values()) - begun)
            times = []
            for _ in range(singles):
                begun = time.time()
                (order,) = shop.put(1)
                shop.wait({order})
                times.append(1000 * (shop.confirmed[order] - begun))
            return rate, statistics.median(times) if times else 0.0
        finally:
            stop(process)

    def ready(self):
        """Milliseconds of a start on the history."""
        process, _, seconds = self.start(self.history)
        stop(process)
        return 1000 * seconds

    def cost(self):
        """What `causeway cost` counts."""
        return subprocess.run([self.binary, "cost", "--total"], cwd=self.tree, capture_output=True, text=True, check=True).stdout


class Shop:
    """Puts orders and receives their confirmations from a queue."""

    def __init__(self, url):
        self.events, self.sqs = (boto3.client(service, endpoint_url=url) for service in ("events", "sqs"))
        self.confirmed = {}
        name = f"confirmed-{uuid.uuid4()}"
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": ["causeway.order"], "detail-type": ["OrderConfirmed"]}
        self.events.put_rule(Name=name, EventBusName="causeway", EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=name, EventBusName="causeway", Targets=[{"Id": "queue", "Arn": arn}])
        skus = [f"sku-{uuid.uuid4()}" for _ in range(SKUS)]
        self.skus = itertools.cycle(skus)
        for batch in batches(skus):
            self.publish("ReceiveStock", [{"sku": sku, "quantity": 1_000_000} for sku in batch])
        time.sleep(1)
        self.wait(self.put(SKUS))

    def publish(self, name, bodies):
        entry = {"EventBusName": "causeway", "Source": "bench", "DetailType": name}
        response = self.events.put_events(Entries=[entry | {"Detail": json.dumps({"data": body})} for body in bodies])
        assert response["FailedEntryCount"] == 0, response

    def put(self, count):
        """Puts so many orders of two pieces each."""
        orders = [f"o-{uuid.uuid4()}" for _ in range(count)]
        price = {"amount": 1499, "currency": "EUR"}
        for batch in batches(orders):
            lines = [[{"sku": next(self.skus), "quantity": 2, "unitPrice": price}] for _ in batch]
            self.publish("PlaceOrder", [
                {"orderId": order, "userId": "u-1", "lines": line, "contactEmail": "ada@example.com"}
                for order, line in zip(batch, lines)
            ])  # fmt: skip
        return set(orders)

    def wait(self, orders):
        """Waits until these orders are confirmed."""
        end = time.monotonic() + TIMEOUT
        while missing := orders - self.confirmed.keys():
            if time.monotonic() > end:
                raise SystemExit(f"{len(missing)} orders were not confirmed in {TIMEOUT} s")
            messages = self.sqs.receive_message(
                QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp"],
            ).get("Messages", [])  # fmt: skip
            for message in messages:
                order = json.loads(message["Body"])["detail"]["aggregateId"]
                self.confirmed.setdefault(order, int(message["Attributes"]["SentTimestamp"]) / 1000)
            if messages:
                entries = [{"Id": str(i), "ReceiptHandle": one["ReceiptHandle"]} for i, one in enumerate(messages)]
                self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries)


def batches(items):
    return [items[at : at + BATCH] for at in range(0, len(items), BATCH)]


def stop(process):
    process.terminate()
    process.wait()
    process.stdout.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", help="the source tree of the first build, with target/release/causeway")
    parser.add_argument("new", help="the source tree of the second build")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--orders", type=int, default=1000, help="put at once, a round and side [default: %(default)s]")
    parser.add_argument("--singles", type=int, default=50, help="one by one, a round and side [default: %(default)s]")
    parser.add_argument("--history", type=int, default=10_000, help="orders before a start [default: %(default)s]")
    choice = parser.parse_args()
    os.environ.update(CREDENTIALS)
    data = pathlib.Path(tempfile.mkdtemp(prefix="causeway-compare-"))
    sides = [Side("old", choice.old, data), Side("new", choice.new, data)]
    try:
        # Reads and writes of views vary a little with the order of events, also between two runs of one build.
        for side in sides:
            print(f"causeway cost, {side.name}:\n{side.cost()}", flush=True)
        for side in sides:
            side.carry(side.history, choice.history, 0)
        rounds = {what: {side.name: [] for side in sides} for what in ("orders a second", "one order, ms", "start, ms")}
        for _ in range(choice.rounds):
            for side in sides:
                rate, single = side.carry(side.scratch, choice.orders, choice.singles, "--fresh")
                for what, value in zip(rounds, (rate, single, side.ready()), strict=True):
                    rounds[what][side.name].append(value)
            print({what: [round(sides["new"][-1] / sides["old"][-1], 2)] for what, sides in rounds.items()}, flush=True)
        print(f"\n{'median of ' + str(choice.rounds):<18} {'old':>9} {'new':>9} {'new/old':>8}  ratios")
        for what, values in rounds.items():
            ratios = sorted(new / old for old, new in zip(values["old"], values["new"], strict=True))
            old, new = (statistics.median(values[side]) for side in ("old", "new"))
            spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
            print(f"{what:<18} {old:>9.1f} {new:>9.1f} {statistics.median(ratios):>8.2f}  {spread}")
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
