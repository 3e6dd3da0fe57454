"""Where the endpoints differ from AWS: one line for each behaviour of AWS, its source, and what an endpoint does
instead. A test that needs the behaviour is skipped there, by name and with that reason."""

import dataclasses
import functools

AWS = "AWS"
LOCALSTACK = "LocalStack"
MINISTACK = "MiniStack"
LOCAL = "local cloud"


@dataclasses.dataclass(frozen=True)
class Difference:
    """A behaviour of AWS that not every endpoint has."""

    name: str
    fact: str
    stands: str
    instead: dict


TABLE = [
    Difference(
        "refused-entries",
        "PutEvents refuses an entry with a malformed detail alone and answers 200 with FailedEntryCount",
        "API reference of EventBridge, PutEvents and PutEventsResultEntry",
        {MINISTACK: "accepts an entry with any detail, and one without source or type"},
    ),
    Difference(
        "moments",
        "an event has the Time of its entry",
        "API reference of EventBridge, PutEventsRequestEntry",
        {MINISTACK: "gives every event its time of arrival"},
    ),
    Difference(
        "retries",
        "a function that a rule invokes is retried twice, after one and two minutes, then its failure goes to its destination",
        "Lambda developer guide, error handling of asynchronous invocation",
        {MINISTACK: "invokes once and drops the failure"},
    ),
    Difference(
        "rule-letters",
        "an event that a rule cannot deliver is retried for 24 hours and ends in the target's dead-letter queue",
        "EventBridge user guide, retry policy and dead-letter queues of rules",
        {MINISTACK: "drops it and logs a line", LOCALSTACK: "has no retry policy of a target"},
    ),
    Difference(
        "timer-words",
        "a schedule puts its message on a bus with the source and type of its EventBridgeParameters",
        "API reference of EventBridge Scheduler, EventBridgeParameters",
        {MINISTACK: "puts it as a Scheduled Event of aws.scheduler; here the timer has the function as its target"},
    ),
    Difference(
        "precision",
        "a schedule fires within the minute; so does the schedule of a rule",
        "EventBridge Scheduler user guide, schedule types",
        {MINISTACK: "checks every ten seconds", LOCAL: "fires at the second, on a clock that can be advanced"},
    ),
    Difference(
        "mappings",
        "mappings are created by call as well as by template",
        "API reference of Lambda, CreateEventSourceMapping",
        {LOCAL: "has the mappings of the template only",
         AWS: "the stack's roles may read no queue, so the call is refused"},
    ),
    Difference(
        "rights",
        "every call is checked against the policies of the caller",
        "IAM user guide, policy evaluation logic",
        {LOCAL: "checks no policies; the matrix of permissions is a test of the template", LOCALSTACK: "needs ENFORCE_IAM=1"},
    ),
    Difference(
        "right-conditions",
        "events:source, events:detail-type and ses:FromAddress limit what may be published and sent",
        "service authorization reference of EventBridge and SES",
        {MINISTACK: "does not have these keys; here the conditions are taken out", LOCAL: "checks no policies"},
    ),
    Difference(
        "right-resources",
        "permissions name a schedule in its group, and mail by the identity of its sender",
        "service authorization reference of EventBridge Scheduler and SES",
        {MINISTACK: "checks every schedule in the group default, and mail on *; here the policies say so",
         LOCAL: "checks no policies"},
    ),
    Difference(
        "resource-policies",
        "the policies of bus and queues are checked as well",
        "EventBridge user guide, resource-based policies; SQS developer guide, access policies",
        {MINISTACK: "has no AWS::Events::EventBusPolicy; the stage local has none", LOCAL: "checks no policies"},
    ),
    Difference(
        "metric-queries",
        "an alarm may watch a metric query",
        "CloudFormation reference, AWS::CloudWatch::Alarm, Metrics",
        {MINISTACK: "refuses an alarm with Metrics; the stage local has none", LOCAL: "runs no alarms"},
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
        {LOCAL: "a start with the template is the deployment, `--fresh` the deletion"},
    ),
    Difference(
        "move-tasks",
        "StartMessageMoveTask moves dead letters that came from a queue, no others",
        "API reference of SQS, StartMessageMoveTask",
        {MINISTACK: "does not have it"},
    ),
    Difference(
        "mail",
        "an account in the sandbox mails to verified addresses only",
        "SES developer guide, request production access",
        {AWS: "the buyer of the samples is nobody's verified address", LOCAL: "accepts every mail",
         MINISTACK: "accepts every mail of a verified sender"},
    ),
]  # fmt: skip

# What the endpoint of this run lacks, by the name of the difference.
lacking = {}
# The tests that were left out, each with its reason.
left_out = []


def meet(endpoint, lacks):
    """Records the endpoint of this run, and which behaviours it lacks."""
    for name in lacks:
        (line,) = [line for line in TABLE if line.name == name]
        lacking[name] = f"{endpoint} {line.instead[endpoint]}"


def needs(name):
    """A test that needs this behaviour of AWS."""
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
    """All lines, as the docs have them."""
    lines = ["| behaviour of AWS, and its source | what others do |", "|---|---|"]
    for line in TABLE:
        others = "; ".join(f"**{endpoint}** {instead}" for endpoint, instead in line.instead.items())
        lines.append(f"| {line.fact} ({line.stands}) | {others} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page())
