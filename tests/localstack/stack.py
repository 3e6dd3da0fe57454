"""The stack, deployed and deleted by SAM as its users do it, and what an account holds before and after."""

import os
import subprocess
import unittest

import boto3
from botocore.exceptions import ClientError

from cloud import ROOT
from cloud import eventually
from journeys import STACK

SAM = ROOT / "target/python/bin/sam"
# What `DeletionPolicy` keeps.
KEPT = {f"table {STACK}-events"}


def deploy(endpoint, built):
    """Deploys what was built."""
    if is_there():
        raise SystemExit(f"there is a stack {STACK} already; it would be changed and deleted: delete it or go elsewhere")
    sam(["deploy", "--template-file", endpoint.template(built), "--no-progressbar", "--no-confirm-changeset"])
    endpoint.deployed()


def is_there():
    """Whether such a stack is there."""
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    except ClientError:
        return False
    return any(stack["StackStatus"] != "DELETE_COMPLETE" for stack in stacks)


def sam(words):
    """Runs a command of SAM on the stage for machines like this one; it must end well."""
    config = ["--config-file", ROOT / "samconfig.toml", "--config-env", "local"]
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [SAM, *words, *config], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment
    )
    if done.returncode != 0:
        raise AssertionError(f"sam {words[0]} ended with {done.returncode}\n{done.stdout}{done.stderr}")


def inventory():
    """All there is of the kinds that the stack has, each by kind and name."""
    events, iam, logs = boto3.client("events"), boto3.client("iam"), boto3.client("logs")
    functions, schedules, watch = boto3.client("lambda"), boto3.client("scheduler"), boto3.client("cloudwatch")
    buses = [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
    rules = [rule for bus in buses for rule in every(events, "list_rules", "Rules", EventBusName=bus)]
    kinds = {
        "table": every(boto3.client("dynamodb"), "list_tables", "TableNames"),
        "bus": buses,
        "rule": [rule["Name"] for rule in rules],
        "queue": every(boto3.client("sqs"), "list_queues", "QueueUrls"),
        "function": [one["FunctionName"] for one in every(functions, "list_functions", "Functions")],
        "mapping": [one["UUID"] for one in every(functions, "list_event_source_mappings", "EventSourceMappings")],
        "role": [one["RoleName"] for one in every(iam, "list_roles", "Roles")],
        "policy": [one["PolicyName"] for one in every(iam, "list_policies", "Policies", Scope="Local")],
        "lines": [one["logGroupName"] for one in every(logs, "describe_log_groups", "logGroups")],
        "schedule": [one["Name"] for one in every(schedules, "list_schedules", "Schedules")],
        "schedule group": [one["Name"] for one in every(schedules, "list_schedule_groups", "ScheduleGroups")],
        "alarm": [one["AlarmName"] for one in every(watch, "describe_alarms", "MetricAlarms")],
        "dashboard": [one["DashboardName"] for one in every(watch, "list_dashboards", "DashboardEntries")],
    }
    return {f"{kind} {name}" for kind, found in kinds.items() for name in found}


def every(client, call, field, **words):
    return [one for page in client.get_paginator(call).paginate(**words) for one in page.get(field, [])]


class Deletion(unittest.TestCase):
    """Comes last; `before` is the inventory of the time before the deployment."""

    endpoint = None
    before = frozenset()

    def test_sam_delete_leaves_what_the_deletion_policy_keeps_and_nothing_else(self):
        left = inventory() - self.before
        self.assertGreater(len(left), 100, "the stack was not there")
        sam(["delete", "--stack-name", STACK, "--region", boto3.session.Session().region_name, "--no-prompts"])

        def only_what_is_kept():
            """nothing is left but what the deletion policy keeps"""
            left.clear()
            left.update(inventory() - self.before)
            return left <= KEPT

        try:
            eventually(only_what_is_kept)
        except AssertionError:
            self.fail(f"still there: {sorted(left - KEPT)}")
        self.assertEqual(left, KEPT)
        # Whoever rehearses again begins with nothing.
        boto3.client("dynamodb").delete_table(TableName=f"{STACK}-events")
