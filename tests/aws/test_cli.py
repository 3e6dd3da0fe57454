"""The first journey with the AWS CLI: the lines as `up` prints them, and the same with `--endpoint-url`."""

import json
import subprocess
import unittest

from cloud import PATIENCE
from cloud import ROOT
from cloud import eventually

RECEIVE_STOCK = "events put-events --entries file://events/inventory/ReceiveStock.v1.json"
PLACE_ORDER = "events put-events --entries file://events/order/PlaceOrder.v1.json"
STREAM = """--key-condition-expression '#s = :s' --expression-attribute-names '{"#s":"stream"}' \
--expression-attribute-values '{":s":{"S":"order/o-1001"}}'"""
ROW = """--key '{"row":{"S":"order-summary/o-1001"}}'"""


class TheCli(unittest.TestCase):
    """`self.cloud` is the running cloud."""

    def shell(self, line):
        """Runs a line from the root of the repository; it must end well."""
        done = subprocess.run(
            ["sh", "-c", line], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
        )
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")
        return done.stdout

    def aws(self, words):
        """Runs the CLI with only the endpoint's address, and parses its output."""
        response = self.shell(f"aws --endpoint-url {self.cloud.endpoint} --output json {words}")
        return json.loads(response) if response else {}

    def shipped(self):
        """The row of the sample's order, as soon as the order is shipped."""
        row = self.aws(f"dynamodb get-item --table-name causeway-views {ROW}").get("Item", {})
        return row if row.get("_status") == {"S": "shipped"} else None

    def test_every_line_that_up_prints_works_as_it_is_printed(self):
        exports = [line for line in self.cloud.lines if line.startswith("export ")]
        calls = [line for line in self.cloud.lines if line.startswith("aws ")]
        answers = {}
        for call in calls:
            if "put-events" not in call and "row" not in answers:
                answers["row"] = eventually(self.shipped)
            response = self.shell("\n".join([*exports, call]))
            answers[call.split()[2]] = json.loads(response) if response else {}
        self.assertEqual(answers["put-events"]["FailedEntryCount"], 0)
        self.assertEqual(answers["query"]["Items"][0]["stream"], {"S": "order/o-1001"})
        self.assertEqual(answers["get-item"]["Item"]["_status"], {"S": "shipped"})
        self.assertGreater(len(answers["list-queues"]["QueueUrls"]), 3)
        self.assertIn("receive-message", answers)

    def test_a_sample_that_is_put_becomes_a_shipped_order_with_its_row_its_mail_and_its_commits(self):
        for sample in [RECEIVE_STOCK, PLACE_ORDER]:
            self.assertEqual(self.aws(sample)["FailedEntryCount"], 0)
        row = eventually(self.shipped)
        self.assertEqual(row["_total"]["M"], {"amount": {"N": "2998"}, "currency": {"S": "EUR"}})

        def mail():
            """The buyer has the mail."""
            subjects = {
                mail["Content"]["Simple"]["Subject"]["Data"]: mail["Destination"]["ToAddresses"]
                for mail in self.cloud.mails()["Mails"]
            }
            return subjects.get("Your order o-1001 is confirmed")

        self.assertEqual(eventually(mail), ["ada@example.com"])
        commits = self.aws(f"dynamodb query --table-name causeway-events {STREAM}")["Items"]
        self.assertEqual([commit["version"]["N"] for commit in commits][:2], ["1", "2"])

    def test_an_order_that_can_never_work_is_read_as_a_dead_letter(self):
        bad = """'[{"Source":"cli","DetailType":"PlaceOrder","EventBusName":"causeway","Detail":"{\\"data\\":{}}"}]'"""
        event = self.aws(f"events put-events --entries {bad}")["Entries"][0]["EventId"]
        named = "sqs list-queues --queue-name-prefix causeway-Order-"
        (queue,) = self.aws(named)["QueueUrls"]

        def letter():
            """The dead letter is in the queue."""
            receive = f"sqs receive-message --queue-url {queue} --wait-time-seconds 2 --visibility-timeout 2"
            letters = self.aws(receive).get("Messages", [])
            return next((letter for letter in letters if event in letter["Body"]), None)

        found = eventually(letter)
        self.assertIn("orderId", found["Body"])
        self.aws(f"sqs purge-queue --queue-url {queue}")

    def test_a_call_that_aws_would_refuse_ends_with_its_error(self):
        line = f"aws --endpoint-url {self.cloud.endpoint} events describe-rule --name nobody"
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("(ResourceNotFoundException) when calling the DescribeRule operation", done.stderr)
