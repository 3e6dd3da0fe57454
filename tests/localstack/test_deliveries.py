"""Messages that are published twice, and messages that are rejected."""

import json
import unittest
import uuid

import boto3

import differences
import journeys
from cloud import eventually
from journeys import fresh


class Deliveries(unittest.TestCase):
    """`self.endpoint` is the endpoint of this run."""

    def test_a_message_published_twice_has_one_effect(self):
        order, sku = fresh("o"), fresh("mug")
        came, placed = {"eventId": str(uuid.uuid4())}, {"eventId": str(uuid.uuid4())}
        journeys.publish(journeys.stocked(sku, came) * 2)
        journeys.in_stock(sku)
        journeys.publish(journeys.ordered(order, sku, envelope=placed) * 2)
        journeys.ends(order, "shipped")
        journeys.publish(journeys.delivered(order))
        journeys.process_ends(order, "completed")
        # The last message is handled after everything that was published before it.
        journeys.publish(journeys.stocked(sku, came))
        journeys.publish(journeys.ordered(order, sku, envelope=placed))
        after = fresh("o")
        journeys.publish(journeys.ordered(after, sku))
        journeys.ends(after, "shipped")
        for name in ["OrderPlaced", "OrderConfirmed", "OrderShipped", "OrderCompleted"]:
            self.assertEqual(journeys.names(f"order/{order}").count(name), 1, name)
        self.assertEqual(journeys.names(f"inventory/{sku}").count("StockReceived"), 1)

        def counted():
            """stock is counted once and shipped twice"""
            stock = journeys.row(f"stock/{sku}")
            return (stock["_received"], stock["_available"], stock["_shipped"]) == (40, 36, 4)

        eventually(counted)
        if "mail" not in differences.lacking:
            self.assertEqual(len(self.endpoint.mails(order)), 4, self.endpoint.mails(order))

    def test_an_entry_that_is_refused_does_not_keep_the_others(self):
        order, sku = fresh("o"), fresh("mug")
        journeys.publish(journeys.stocked(sku))
        journeys.in_stock(sku)
        entries = [self.bad(Source="aws.shop"), *journeys.ordered(order, sku)]
        response = boto3.client("events").put_events(Entries=entries)
        self.assertEqual(response["FailedEntryCount"], 1)
        self.assertIn("NotAuthorizedForSource", response["Entries"][0]["ErrorCode"])
        self.assertIn("EventId", response["Entries"][1])
        journeys.ends(order, "shipped")

    @differences.needs("refused-entries")
    def test_an_entry_with_a_malformed_detail_is_refused_alone(self):
        entries = [self.bad(Detail="{"), *journeys.stocked(fresh("mug"))]
        response = boto3.client("events").put_events(Entries=entries)
        self.assertEqual(response["FailedEntryCount"], 1)
        self.assertEqual(response["Entries"][0]["ErrorCode"], "MalformedDetail")
        self.assertIn("EventId", response["Entries"][1])

    def test_an_order_that_can_never_work_is_a_dead_letter_with_its_reason(self):
        (response,) = journeys.publish([self.bad()])
        self.assertIn("orderId", journeys.dead_letter_with("Order", response["EventId"]))

    def bad(self, **words):
        """An order without data."""
        detail = json.dumps({"data": {}})
        entry = {"Source": "cli", "DetailType": "PlaceOrder", "EventBusName": journeys.BUS, "Detail": detail}
        return entry | words
