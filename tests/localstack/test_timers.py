"""What time does: a deadline as a schedule that rings once, and a rule that rings again and again."""

import json
import unittest

import boto3

import journeys
from cloud import eventually
from journeys import RINGS_WITHIN
from journeys import fresh

# So much time a fulfilment has, in seconds, less what a machine that is not fast needs to set the schedule.
LATE = 15 * 60 - 20


class Timers(unittest.TestCase):
    """`self.endpoint` is the endpoint of this run."""

    def test_an_order_that_takes_too_long_is_undone_when_its_schedule_rings(self):
        order, sku = fresh("o"), fresh("mug")
        journeys.publish(journeys.stocked(sku))
        journeys.in_stock(sku)
        events, rule = boto3.client("events"), journeys.rule_of("ReserveStock")
        # An operator disables the function of the stock, so no reservation is answered.
        events.disable_rule(Name=rule, EventBusName=journeys.BUS)
        try:
            self.endpoint.settle()
            with self.endpoint.late("FulfilmentOnOrderPlaced", LATE):
                journeys.publish(journeys.ordered(order, sku))
                schedule = eventually(lambda: self.schedule_of(order))
        finally:
            events.enable_rule(Name=rule, EventBusName=journeys.BUS)
        self.assertRegex(schedule["ScheduleExpression"], r"^at\(")
        self.assertEqual(schedule["ActionAfterCompletion"], "DELETE")
        if not self.endpoint.timers_speak:
            self.hand_over(schedule)
        self.endpoint.pass_time(15 * 60 + 1)
        journeys.ends(order, "cancelled", RINGS_WITHIN)
        journeys.process_ends(order, "compensated")
        (cancelled,) = [event for event in journeys.events(f"order/{order}") if event["type"] == "OrderCancelled"]
        self.assertIn("took longer than", cancelled["data"]["reason"])

        def deleted():
            """no schedule of this order is left"""
            return self.schedule_of(order) is None

        eventually(deleted)

    def schedule_of(self, order):
        """The schedule that this order's fulfilment set."""
        scheduler = boto3.client("scheduler")
        for page in scheduler.get_paginator("list_schedules").paginate():
            for listed in page["Schedules"]:
                try:
                    found = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
                except scheduler.exceptions.ResourceNotFoundException:
                    continue
                if order in found["Target"].get("Input", ""):
                    return found
        return None

    def hand_over(self, schedule):
        """Gives the schedule the function as its target, with the same input."""
        target = schedule["Target"]
        words = target["EventBridgeParameters"]
        event = journeys.bus_event(words["DetailType"], words["Source"], json.loads(target["Input"]))
        target_arn = journeys.function(f"FulfilmentOn{words['DetailType']}")["FunctionArn"]
        same = ["Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "ActionAfterCompletion"]
        boto3.client("scheduler").update_schedule(
            **{name: schedule[name] for name in same},
            Target={"Arn": target_arn, "RoleArn": target["RoleArn"], "Input": json.dumps(event)},
        )

    def test_the_report_is_made_when_its_rule_rings(self):
        journeys.publish(journeys.stocked(sku := fresh("mug")))
        journeys.in_stock(sku)
        self.endpoint.pass_time(61)
        report = f"stock-report/{journeys.today()}"
        (produced,) = eventually(lambda: journeys.events(report), RINGS_WITHIN)
        self.assertEqual(produced["type"], "StockReportProduced")
        self.assertGreater(produced["data"]["skus"], 0)
