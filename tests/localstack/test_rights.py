"""A function without permission: it may read the log and write views, and is configured to write its views to the log."""

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
        journeys.publish(journeys.ordered(order, sku))
        journeys.ends(order, "cancelled")
        before = journeys.events(f"order/{order}")
        self.assertEqual(self.invoke(order), (None, {"handled": "duplicate"}))
        with journeys.with_variables("OrderOnOrderPlaced", VIEWS_TABLE=f"{journeys.STACK}-events"):
            failed, answer = self.invoke(order)
        self.assertEqual(failed, "Unhandled")
        self.assertRegex(answer["errorMessage"], "not authorized to perform: dynamodb:UpdateItem.*explicit deny")
        self.assertEqual(journeys.events(f"order/{order}"), before)

    def invoke(self, order):
        """The function's response to the event that the order was placed."""
        (sample,) = json.loads((ROOT / SAMPLE).read_text(encoding="utf-8").replace("o-1001", order))
        event = journeys.bus_event(sample["DetailType"], sample["Source"], json.loads(sample["Detail"]))
        function = journeys.function("OrderOnOrderPlaced")["FunctionName"]
        answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.load(answer["Payload"])
