"""Who one is, and what is answered to calls that are not known or not right, with boto3."""

import unittest
import uuid

import boto3
from botocore.exceptions import ClientError


class Refusals(unittest.TestCase):
    """What is not known or not right is answered as AWS does."""

    def test_an_operation_that_is_not_known_gives_the_error_of_aws_in_every_protocol(self):
        calls = [
            ("UnknownOperationException", lambda: boto3.client("events").list_api_destinations()),
            ("UnknownOperationException", lambda: boto3.client("kinesis").list_streams()),
            ("UnknownOperationException", lambda: boto3.client("lambda").list_layers()),
            ("InvalidAction", lambda: boto3.client("sts").get_session_token()),
        ]
        for code, call in calls:
            with self.assertRaises(ClientError) as refused:
                call()
            self.assertEqual(refused.exception.response["Error"]["Code"], code)

    def test_tables_give_their_typed_errors(self):
        dynamodb = boto3.client("dynamodb")
        with self.assertRaises(dynamodb.exceptions.ResourceNotFoundException):
            dynamodb.describe_table(TableName="nobody")
        item = {"row": {"S": f"mine/{uuid.uuid4()}"}}
        expected = {"TableName": "causeway-views", "Item": item, "ConditionExpression": "attribute_not_exists(#row)"}
        dynamodb.put_item(ExpressionAttributeNames={"#row": "row"}, **expected)
        with self.assertRaises(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(ExpressionAttributeNames={"#row": "row"}, **expected)
        dynamodb.delete_item(TableName="causeway-views", Key=item)

    def test_the_caller_is_somebody(self):
        identity = boto3.client("sts").get_caller_identity()
        self.assertEqual(identity["Account"], "000000000000")
