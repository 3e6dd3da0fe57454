"""The table's stream invokes the relay, which publishes what the log holds, and nothing else."""

import json
import unittest

import boto3

import journeys
from cloud import eventually
from journeys import fresh


class Relay(unittest.TestCase):
    """`self.endpoint` is the endpoint of this run."""

    def test_the_relay_publishes_the_log(self):
        order, sku, name = fresh("o"), fresh("mug"), fresh("received")
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
        journeys.publish(journeys.stocked(sku))
        journeys.in_stock(sku)
        journeys.publish(journeys.ordered(order, sku))
        journeys.ends(order, "shipped")
        received = {}

        def all_four():
            """all events of the order are published"""
            batch = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2, MaxNumberOfMessages=10)
            for message in batch.get("Messages", []):
                event = json.loads(message["Body"])
                received[event["detail"]["eventId"]] = event
            return len(received) >= 4

        eventually(all_four)
        published = {(event["detail-type"], event["detail"]["version"]) for event in received.values()}
        self.assertEqual(published, {("OrderPlaced", 1), ("OrderPaid", 2), ("OrderConfirmed", 3), ("OrderShipped", 4)})
        self.assertEqual(len(received), 4)
        placed = next(event for event in received.values() if event["detail"]["version"] == 1)
        self.assertEqual(placed["detail"]["data"], journeys.events(f"order/{order}")[0]["data"])
