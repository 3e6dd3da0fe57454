"""A queue before a function. The template has none, so an event source mapping is created for an existing function: it
expects events of the bus and no batch, and its dead letter shows what the mapping delivered."""

import unittest

import boto3

import differences
import journeys
from cloud import eventually
from journeys import fresh


class Queue(unittest.TestCase):
    """`self.endpoint` is the endpoint of this run."""

    @differences.needs("mappings")
    def test_what_a_queue_holds_is_handed_to_the_function_that_is_mapped_to_it(self):
        sqs, functions, words = boto3.client("sqs"), boto3.client("lambda"), fresh("words")
        queue = sqs.create_queue(QueueName=fresh("queue"), Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
        self.addCleanup(sqs.delete_queue, QueueUrl=queue)
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        mapping = functions.create_event_source_mapping(
            EventSourceArn=arn,
            FunctionName=journeys.function("OrderOnPlaceOrder")["FunctionName"],
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        self.addCleanup(functions.delete_event_source_mapping, UUID=mapping["UUID"])
        sqs.send_message(QueueUrl=queue, MessageBody=words)
        self.assertIn(arn, journeys.dead_letter_with("Order", words))

        def empty():
            """the queue is empty"""
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
            return all(int(count) == 0 for count in counts.values())

        eventually(empty)
