"""Lambda with boto3: the functions of the template, invoked by hand."""

import json
import unittest
import uuid

import boto3

from cloud import eventually
from samples import commits
from samples import place_order


class Functions(unittest.TestCase):
    """`boto3.client("lambda")`."""

    def setUp(self):
        self.functions = boto3.client("lambda")

    def named(self, part):
        pages = self.functions.get_paginator("list_functions").paginate()
        names = [function["FunctionName"] for page in pages for function in page["Functions"]]
        (name,) = [name for name in names if part in name]
        return name

    def test_all_functions_are_listed(self):
        pages = self.functions.get_paginator("list_functions").paginate()
        self.assertGreater(len([function for page in pages for function in page["Functions"]]), 20)
        name = self.named("OrderOnPlaceOrder")
        self.assertEqual(self.functions.get_function(FunctionName=name)["Configuration"]["FunctionName"], name)
        configured = self.functions.get_function_configuration(FunctionName=name)
        self.assertEqual(configured["Environment"]["Variables"]["BUS_NAME"], "causeway")

    def invoke(self, kind, order):
        (entry,) = place_order(order)
        event = {
            "version": "0", "id": str(uuid.uuid4()), "detail-type": "PlaceOrder", "source": "cli",
            "account": "000000000000", "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
            "detail": json.loads(entry["Detail"]),
        }  # fmt: skip
        name = self.named("OrderOnPlaceOrder")
        return self.functions.invoke(FunctionName=name, InvocationType=kind, Payload=json.dumps(event))

    def test_an_invoke_that_is_waited_for_has_done_its_work_when_it_answers(self):
        order = f"o-{uuid.uuid4()}"
        answer = self.invoke("RequestResponse", order)
        self.assertEqual((answer["StatusCode"], answer.get("FunctionError")), (200, None))
        self.assertGreater(len(commits(order)), 0)

    def test_an_invoke_that_nobody_waits_for_is_done_in_a_while(self):
        order = f"o-{uuid.uuid4()}"
        self.assertEqual(self.invoke("Event", order)["StatusCode"], 202)
        self.assertGreater(len(eventually(lambda: commits(order))), 0)

    def test_a_function_that_nobody_knows_is_not_found(self):
        with self.assertRaises(self.functions.exceptions.ResourceNotFoundException):
            self.functions.invoke(FunctionName="nobody")
