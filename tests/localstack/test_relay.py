"""The table's stream wakes the relay: what the log holds is said on the bus, and nothing else is."""

import json
import unittest

import boto3

import journeys
from cloud import eventually
from journeys import fresh


class Relay(unittest.TestCase):
    """`self.endpoint` is the endpoint of this run."""

    def test_what_the_log_holds_is_said_on_the_bus(self):
        order, sku, name = fresh("o"), fresh("mug"), fresh("heard")
        events, sqs = boto3.client("events"), boto3.client("sqs")
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.addCleanup(sqs.delete_queue, QueueUrl=queue)
        may = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        pattern = {"source": ["causeway.order"], "detail": {"aggregateId": [order]}}
        events.put_rule(Name=name, EventBusName=journeys.BUS, EventPattern=json.dumps(pattern))
        self.addCleanup(events.delete_rule, Name=name, EventBusName=journeys.BUS)
        events.put_targets(Rule=name, EventBusName=journeys.BUS, Targets=[{"Id": "queue", "Arn": arn}])
        self.addCleanup(events.remove_targets, Rule=name, EventBusName=journeys.BUS, Ids=["queue"])
        self.endpoint.settle()
        journeys.say(journeys.stocked(sku))
        journeys.in_stock(sku)
        journeys.say(journeys.ordered(order, sku))
        journeys.ends(order, "confirmed")
        heard = {}

        def both():
            """both facts of the order were said"""
            received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2, MaxNumberOfMessages=10)
            for message in received.get("Messages", []):
                event = json.loads(message["Body"])
                heard[event["detail"]["eventId"]] = event
            return len(heard) >= 2

        eventually(both)
        said = {(event["detail-type"], event["detail"]["version"]) for event in heard.values()}
        self.assertEqual(said, {("OrderPlaced", 1), ("OrderConfirmed", 2)})
        self.assertEqual(len(heard), 2)
        placed = next(event for event in heard.values() if event["detail"]["version"] == 1)
        self.assertEqual(placed["detail"]["data"], journeys.facts(f"order/{order}")[0]["data"])
