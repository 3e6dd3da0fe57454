"""SQS with boto3."""

import unittest
import uuid

import boto3


class Queues(unittest.TestCase):
    """`boto3.client("sqs")`, and a queue of the test's own."""

    def setUp(self):
        self.sqs = boto3.client("sqs")
        self.queue = self.sqs.create_queue(QueueName=f"mine-{uuid.uuid4()}")["QueueUrl"]

    def tearDown(self):
        self.sqs.delete_queue(QueueUrl=self.queue)

    def count(self):
        name = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"])
        return int(answer["Attributes"][name])

    def test_a_message_is_sent_received_and_deleted(self):
        kind = {"kind": {"DataType": "String", "StringValue": "note"}}
        sent = self.sqs.send_message(QueueUrl=self.queue, MessageBody="hello", MessageAttributes=kind)
        (message,) = self.sqs.receive_message(
            QueueUrl=self.queue, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
        )["Messages"]
        self.assertEqual((message["MessageId"], message["Body"]), (sent["MessageId"], "hello"))
        self.assertEqual(message["MessageAttributes"]["kind"]["StringValue"], "note")
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        self.assertEqual(self.count(), 0)

    def test_a_batch_is_sent_and_purged(self):
        batch = [{"Id": str(number), "MessageBody": f"message {number}"} for number in range(10)]
        self.assertEqual(len(self.sqs.send_message_batch(QueueUrl=self.queue, Entries=batch)["Successful"]), 10)
        self.assertEqual(self.count(), 10)
        self.sqs.purge_queue(QueueUrl=self.queue)
        self.assertEqual(self.count(), 0)

    def test_errors_are_the_typed_ones(self):
        errors = self.sqs.exceptions
        with self.assertRaises(errors.QueueDoesNotExist):
            self.sqs.get_queue_url(QueueName="nobody")
        with self.assertRaises(errors.ReceiptHandleIsInvalid):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle="no receipt")
        with self.assertRaises(errors.EmptyBatchRequest):
            self.sqs.send_message_batch(QueueUrl=self.queue, Entries=[])
