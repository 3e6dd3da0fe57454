"""Where the endpoints differ from AWS: one line for each fact of AWS, where it stands, and what an endpoint does
instead. A test that needs the fact is skipped there, by name and with that reason."""

import dataclasses
import functools

AWS = "AWS"
LOCALSTACK = "LocalStack"
MINISTACK = "MiniStack"
LOCAL = "local cloud"


@dataclasses.dataclass(frozen=True)
class Difference:
    """A fact of AWS that not every endpoint shows."""

    name: str
    fact: str
    stands: str
    instead: dict


TABLE = [
    Difference(
        "refused-entries",
        "PutEvents refuses an entry with a malformed detail alone and answers 200 with FailedEntryCount",
        "API reference of EventBridge, PutEvents and PutEventsResultEntry",
        {MINISTACK: "takes an entry with any detail, and one without source or type"},
    ),
    Difference(
        "moments",
        "an event has the Time of its entry",
        "API reference of EventBridge, PutEventsRequestEntry",
        {MINISTACK: "gives every event the time at which it came"},
    ),
    Difference(
        "retries",
        "a function that a rule invokes is tried twice more, after one and two minutes, then told to its destination",
        "Lambda developer guide, error handling of asynchronous invocation",
        {MINISTACK: "invokes once, and tells nobody of a failure"},
    ),
    Difference(
        "rule-letters",
        "what a rule cannot hand over is tried again for 24 hours and ends in the target's dead letters",
        "EventBridge user guide, retry policy and dead-letter queues of rules",
        {MINISTACK: "drops it with a line in its log", LOCALSTACK: "knows no retry policy of a target"},
    ),
    Difference(
        "timer-words",
        "a schedule says its message on a bus under the source and type of its EventBridgeParameters",
        "API reference of EventBridge Scheduler, EventBridgeParameters",
        {MINISTACK: "says it as a Scheduled Event of aws.scheduler; here the timer is given the function for a target"},
    ),
    Difference(
        "precision",
        "a schedule rings within the minute; so does a rule's",
        "EventBridge Scheduler user guide, schedule types",
        {MINISTACK: "looks every ten seconds", LOCAL: "rings at the second, on a clock that can be moved"},
    ),
    Difference(
        "mappings",
        "mappings are made by call as well as by template",
        "API reference of Lambda, CreateEventSourceMapping",
        {LOCAL: "knows the mappings of the template only",
         AWS: "the stack's roles may read no queue, so the call is refused"},
    ),
    Difference(
        "rights",
        "every call is checked against the policies of who makes it",
        "IAM user guide, policy evaluation logic",
        {LOCAL: "checks no policies; the table of rights is a test of the template", LOCALSTACK: "needs ENFORCE_IAM=1"},
    ),
    Difference(
        "right-conditions",
        "events:source, events:detail-type and ses:FromAddress limit what may be said and sent",
        "service authorization reference of EventBridge and SES",
        {MINISTACK: "does not know these keys; here the conditions are taken out", LOCAL: "checks no policies"},
    ),
    Difference(
        "right-resources",
        "a schedule is asked for in its group, and mail by the identity of its sender",
        "service authorization reference of EventBridge Scheduler and SES",
        {MINISTACK: "looks for every schedule in the group default, and for mail on *; here the policies say so",
         LOCAL: "checks no policies"},
    ),
    Difference(
        "resource-policies",
        "the policies of bus and queues are asked as well",
        "EventBridge user guide, resource-based policies; SQS developer guide, access policies",
        {MINISTACK: "knows no AWS::Events::EventBusPolicy; the stage local has none", LOCAL: "checks no policies"},
    ),
    Difference(
        "metric-queries",
        "an alarm may watch a metric query",
        "CloudFormation reference, AWS::CloudWatch::Alarm, Metrics",
        {MINISTACK: "refuses an alarm with Metrics; the stage local has none", LOCAL: "plays no alarms"},
    ),
    Difference(
        "image",
        "functions run in an image of Amazon Linux, with its certificates",
        "Lambda developer guide, provided.al2023",
        {MINISTACK: "runs them on this machine; the stage local names no certificates",
         LOCAL: "runs them on this machine"},
    ),
    Difference(
        "deployment",
        "a stack is deployed and deleted by CloudFormation, and what DeletionPolicy keeps stays",
        "CloudFormation user guide, DeletionPolicy attribute",
        {LOCAL: "a start with the template is the deployment, and `--fresh` the deletion"},
    ),
    Difference(
        "move-tasks",
        "StartMessageMoveTask takes dead letters that came from a queue, no others",
        "API reference of SQS, StartMessageMoveTask",
        {MINISTACK: "does not know it"},
    ),
    Difference(
        "mail",
        "an account in the sandbox mails to verified addresses only",
        "SES developer guide, request production access",
        {AWS: "the buyer of the samples is nobody's verified address", LOCAL: "takes every mail",
         MINISTACK: "takes every mail of a verified sender"},
    ),
]  # fmt: skip

# What the endpoint of this run cannot show, by the name of the difference.
lacking = {}
# The tests that were left out, each with its reason.
left_out = []


def meet(endpoint, lacks):
    """Says which endpoint this run has, and which facts it cannot show to a test."""
    for name in lacks:
        (line,) = [line for line in TABLE if line.name == name]
        lacking[name] = f"{endpoint} {line.instead[endpoint]}"


def needs(name):
    """A test that needs this fact of AWS."""
    assert any(line.name == name for line in TABLE), name

    def around(test):
        @functools.wraps(test)
        def checked(case):
            if name in lacking:
                left_out.append(f"{case.id()}: {lacking[name]}")
                case.skipTest(lacking[name])
            test(case)

        return checked

    return around


def table(endpoint):
    """The lines for this endpoint, to be read by people."""
    lines = [f"{line.name}: {line.fact} ({line.stands}).\n    {endpoint} {line.instead[endpoint]}"
             for line in TABLE if endpoint in line.instead]  # fmt: skip
    return "\n".join([f"Where {endpoint} differs:", *(lines or ["nowhere that is known"])])


def page():
    """All lines, as they stand in the docs."""
    lines = ["| a fact of AWS, and where it stands | what others do |", "|---|---|"]
    for line in TABLE:
        others = "; ".join(f"**{endpoint}** {instead}" for endpoint, instead in line.instead.items())
        lines.append(f"| {line.fact} ({line.stands}) | {others} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page())
