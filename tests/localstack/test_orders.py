"""The journeys of an order, to their last state in the tables."""

import json
import subprocess
import unittest

import differences
import journeys
from cloud import PATIENCE
from cloud import ROOT
from cloud import eventually
from journeys import fresh


class Orders(unittest.TestCase):
    """`self.endpoint` is the endpoint of this run."""

    def mailed(self, order, *subjects):
        """The buyer has one mail with each of these subjects, and no other."""
        if "mail" in differences.lacking:
            return

        def mails():
            """the buyer has the mails"""
            found = self.endpoint.mails(order)
            return found if len(found) >= len(subjects) else None

        mails = eventually(mails)
        self.assertEqual(len(mails), len(subjects), mails)
        for subject in subjects:
            self.assertEqual(sum(subject in json.dumps(mail) for mail in mails), 1, (subject, mails))

    def test_an_order_with_stock_is_paid_shipped_delivered_mailed_and_kept(self):
        order, sku = fresh("o"), fresh("mug")
        journeys.publish(journeys.stocked(sku))
        journeys.in_stock(sku)
        journeys.publish(journeys.ordered(order, sku))
        row = journeys.ends(order, "shipped")
        journeys.publish(journeys.delivered(order))
        self.assertEqual((row["_userId"], row["_total"]), ("u-1", {"amount": 2998, "currency": "EUR"}))
        journeys.process_ends(order, "completed")
        events = ["Placed", "Paid", "Confirmed", "Shipped", "Delivered", "Completed"]
        self.assertEqual(journeys.names(f"order/{order}"), [f"Order{event}" for event in events])
        stock = journeys.row(f"stock/{sku}")
        self.assertEqual((stock["_available"], stock["_shipped"]), (38, 2))
        subjects = ["Your receipt for order {}", "Your order {} is confirmed", "Your order {} is on its way", "How do you like your order {}?"]
        self.mailed(order, *(subject.format(order) for subject in subjects))

    def test_an_order_without_stock_is_cancelled_and_what_was_reserved_is_given_back(self):
        order, there, missing = fresh("o"), fresh("mug"), fresh("cup")
        journeys.publish(journeys.stocked(there))
        journeys.in_stock(there)
        journeys.publish(journeys.ordered(order, there, missing))
        journeys.ends(order, "cancelled")
        journeys.process_ends(order, "compensated")
        (cancelled,) = [event for event in journeys.events(f"order/{order}") if event["type"] == "OrderCancelled"]
        self.assertIn(missing, cancelled["data"]["reason"])

        def given_back():
            """all stock is available again"""
            stock = journeys.row(f"stock/{there}")
            return (stock["_available"], stock["_reserved"]) == (40, 0)

        eventually(given_back)
        self.mailed(order, f"Your order {order} is cancelled")

    def test_the_samples_make_their_journey_by_the_aws_cli(self):
        for sample in ["inventory/ReceiveStock", "order/PlaceOrder"]:
            response = self.aws(f"events put-events --entries file://events/{sample}.v1.json")
            self.assertEqual(response["FailedEntryCount"], 0)
        key = """'{"row":{"S":"order-summary/o-1001"}}'"""

        def shipped():
            """the sample's order is shipped"""
            row = self.aws(f"dynamodb get-item --table-name {journeys.STACK}-views --key {key}").get("Item", {})
            return row if row.get("_status") == {"S": "shipped"} else None

        self.assertEqual(eventually(shipped)["_total"]["M"]["amount"], {"N": "2998"})

    def aws(self, words):
        done = subprocess.run(
            ["sh", "-c", f"aws --output json {words}"], cwd=ROOT, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout else {}
