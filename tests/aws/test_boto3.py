"""The first journey with boto3, in an environment with only the variables that `up` prints to export."""

import json
import unittest
import uuid

import boto3

from cloud import eventually
from samples import commits
from samples import place_order
from samples import receive_stock


class Boto3(unittest.TestCase):
    """An order with stock, by boto3."""

    def test_an_order_is_paid_shipped_mailed_and_kept(self):
        order = f"o-{uuid.uuid4()}"
        events = boto3.client("events")
        for sample in [receive_stock(), place_order(order)]:
            self.assertEqual(events.put_events(Entries=sample)["FailedEntryCount"], 0)
        views = boto3.resource("dynamodb").Table("causeway-views")

        def row():
            """The order is shipped."""
            row = views.get_item(Key={"row": f"order-summary/{order}"}).get("Item")
            return row if row and row["_status"] == "shipped" else None

        self.assertEqual(eventually(row)["_userId"], "u-1")

        def subjects():
            """The buyer has the receipt, the confirmation and the shipping notice."""
            mails = [mail["Content"]["Simple"] for mail in self.cloud.mails()["Mails"]]
            found = [mail["Subject"]["Data"] for mail in mails if order in json.dumps(mail)]
            return sorted(found) if len(found) >= 3 else None

        subject = f"Your order {order} is"
        self.assertEqual(eventually(subjects), [f"{subject} confirmed", f"{subject} on its way", f"Your receipt for order {order}"])
        self.assertEqual([int(commit["version"]) for commit in commits(order)], [1, 2, 3, 4])
