"""A function that oversteps: it may read the log and keep views, and is told that the log is its table of views."""

import json
import unittest

import boto3

import differences
import journeys
from cloud import ROOT
from journeys import fresh

SAMPLE = "events/order/OrderPlaced.v2.json"


class Rights(unittest.TestCase):
    """`self.endpoint` is the endpoint of this run."""

    @differences.needs("rights")
    def test_a_function_that_would_change_the_log_is_refused(self):
        order, sku = fresh("o"), fresh("mug")
        journeys.say(journeys.ordered(order, sku))
        journeys.ends(order, "cancelled")
        before = journeys.facts(f"order/{order}")
        self.assertEqual(self.hears(order), (None, {"handled": "duplicate"}))
        with journeys.told("OrderOnOrderPlaced", VIEWS_TABLE=f"{journeys.STACK}-events"):
            failed, answer = self.hears(order)
        self.assertEqual(failed, "Unhandled")
        self.assertRegex(answer["errorMessage"], "not authorized to perform: dynamodb:UpdateItem.*explicit deny")
        self.assertEqual(journeys.facts(f"order/{order}"), before)

    def hears(self, order):
        """What the function answers to the fact that the order was placed."""
        (sample,) = json.loads((ROOT / SAMPLE).read_text(encoding="utf-8").replace("o-1001", order))
        event = journeys.heard(sample["DetailType"], sample["Source"], json.loads(sample["Detail"]))
        function = journeys.function("OrderOnOrderPlaced")["FunctionName"]
        answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.load(answer["Payload"])
