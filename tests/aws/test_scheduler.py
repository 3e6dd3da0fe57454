"""EventBridge Scheduler with boto3."""

import datetime
import json
import unittest
import uuid

import boto3

from cloud import eventually

TARGET = {"Arn": "arn:aws:sqs:us-east-1:000000000000:any", "RoleArn": "arn:aws:iam::000000000000:role/any"}


class Schedules(unittest.TestCase):
    """`boto3.client("scheduler")`."""

    def setUp(self):
        self.scheduler = boto3.client("scheduler")

    def test_a_schedule_at_a_time_rings_once_and_is_gone(self):
        name = f"ring-{uuid.uuid4()}"
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
        created = self.scheduler.create_schedule(
            Name=name,
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={"Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/any", "Input": '{"rings":true}'},
        )
        self.assertIn(f"schedule/default/{name}", created["ScheduleArn"])
        (message,) = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages"))
        self.assertEqual(json.loads(message["Body"]), {"rings": True})

        def deleted():
            """The schedule is deleted."""
            try:
                self.scheduler.get_schedule(Name=name)
            except self.scheduler.exceptions.ResourceNotFoundException:
                return True

        eventually(deleted)
        sqs.delete_queue(QueueUrl=queue)

    def test_a_schedule_is_listed_changed_and_deleted(self):
        name = f"daily-{uuid.uuid4()}"
        expected = {"Name": name, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": TARGET}
        self.scheduler.create_schedule(ScheduleExpression="rate(1 day)", **expected)
        with self.assertRaises(self.scheduler.exceptions.ConflictException):
            self.scheduler.create_schedule(ScheduleExpression="rate(1 day)", **expected)
        self.scheduler.update_schedule(ScheduleExpression="cron(0 9 * * ? *)", State="DISABLED", **expected)
        read = self.scheduler.get_schedule(Name=name)
        self.assertEqual((read["ScheduleExpression"], read["State"]), ("cron(0 9 * * ? *)", "DISABLED"))
        self.assertIsInstance(read["CreationDate"], datetime.datetime)
        listed = self.scheduler.list_schedules(NamePrefix="daily-")["Schedules"]
        self.assertIn(name, [schedule["Name"] for schedule in listed])
        self.scheduler.delete_schedule(Name=name)
        with self.assertRaises(self.scheduler.exceptions.ResourceNotFoundException):
            self.scheduler.delete_schedule(Name=name)

    def test_an_expression_that_says_nothing_is_refused(self):
        with self.assertRaises(self.scheduler.exceptions.ValidationException):
            self.scheduler.create_schedule(
                Name="never", ScheduleExpression="sometimes", FlexibleTimeWindow={"Mode": "OFF"}, Target=TARGET
            )
        groups = [group["Name"] for group in self.scheduler.list_schedule_groups()["ScheduleGroups"]]
        self.assertIn("default", groups)
