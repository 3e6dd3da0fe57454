"""EventBridge with boto3: the rules of the template, and rules of one's own."""

import json
import unittest
import uuid

import boto3

from cloud import eventually

BUS = "causeway"


class Rules(unittest.TestCase):
    """`boto3.client("events")`."""

    def setUp(self):
        self.events = boto3.client("events")
        self.sqs = boto3.client("sqs")

    def test_the_rules_of_the_template_and_their_targets_are_listed(self):
        pages = self.events.get_paginator("list_rules").paginate(EventBusName=BUS)
        rules = [rule for page in pages for rule in page["Rules"]]
        self.assertGreater(len(rules), 20)
        (rule,) = [rule for rule in rules if '"PlaceOrder"' in rule["EventPattern"]]
        described = self.events.describe_rule(Name=rule["Name"], EventBusName=BUS)
        self.assertEqual(described["State"], "ENABLED")
        (target,) = self.events.list_targets_by_rule(Rule=rule["Name"], EventBusName=BUS)["Targets"]
        self.assertIn("OrderOnPlaceOrder", target["Arn"])
        named = self.events.list_rule_names_by_target(TargetArn=target["Arn"], EventBusName=BUS)["RuleNames"]
        self.assertEqual(named, [rule["Name"]])

    def test_a_rule_of_ones_own_brings_events_to_a_queue_of_ones_own(self):
        name = f"mine-{uuid.uuid4()}"
        queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": [name], "detail": {"total": [{"numeric": [">", 100]}]}}
        self.events.put_rule(Name=name, EventBusName=BUS, EventPattern=json.dumps(pattern))
        targets = [{"Id": "queue", "Arn": arn}]
        put = self.events.put_targets(Rule=name, EventBusName=BUS, Targets=targets)
        self.assertEqual(put["FailedEntryCount"], 0)
        for total in [50, 250]:
            detail = json.dumps({"total": total})
            entry = {"Source": name, "DetailType": "Bought", "Detail": detail, "EventBusName": BUS}
            self.assertEqual(self.events.put_events(Entries=[entry])["FailedEntryCount"], 0)
        (message,) = eventually(
            lambda: self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages")
        )
        event = json.loads(message["Body"])
        self.assertEqual((event["detail-type"], event["detail"]), ("Bought", {"total": 250}))
        self.events.remove_targets(Rule=name, EventBusName=BUS, Ids=["queue"])
        self.events.delete_rule(Name=name, EventBusName=BUS)
        self.sqs.delete_queue(QueueUrl=queue)
        with self.assertRaises(self.events.exceptions.ResourceNotFoundException):
            self.events.describe_rule(Name=name, EventBusName=BUS)

    def test_a_pattern_is_tried_on_an_event(self):
        event = {
            "id": "1", "account": "000000000000", "source": "shop", "time": "2026-01-01T00:00:00Z",
            "region": "us-east-1", "resources": [], "detail-type": "Bought", "detail": {"sku": "mug-1"},
        }  # fmt: skip
        for prefix, expected in [("mug-", True), ("pen-", False)]:
            pattern = json.dumps({"detail": {"sku": [{"prefix": prefix}]}})
            answer = self.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
            self.assertEqual(answer["Result"], expected)
        with self.assertRaises(self.events.exceptions.InvalidEventPatternException):
            self.events.test_event_pattern(EventPattern="{}", Event=json.dumps(event))

    def test_a_bad_entry_is_refused_by_itself_and_the_good_one_beside_it_is_taken(self):
        good = {"Source": "cli", "DetailType": "Nothing", "Detail": "{}", "EventBusName": BUS}
        answer = self.events.put_events(Entries=[good, good | {"Detail": "no json"}])
        self.assertEqual(answer["FailedEntryCount"], 1)
        self.assertIn("EventId", answer["Entries"][0])
        self.assertEqual(answer["Entries"][1]["ErrorCode"], "MalformedDetail")
