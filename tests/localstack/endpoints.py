"""The endpoints that a run may have: MiniStack of its own, the local cloud of its own, one that is there already, or
AWS itself. Each names what it cannot do, and where its mails can be read."""

import contextlib
import datetime
import json
import os
import pathlib
import time
import urllib.request

import boto3

import differences
import journeys
import prepared
from cloud import PATIENCE
from cloud import ROOT
from cloud import Cloud
from cloud import plain
from ministack import MiniStack

SENDER = "shop@example.com"
# The program whose local cloud simulates the payment provider.
PROVIDER = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/causeway"


class Endpoint:
    """One that is there already."""

    name = differences.LOCALSTACK
    # The differences that leave tests out.
    lacks = ["rights"]
    # Whether `sam` deploys to it; else its start was the deployment.
    takes_stacks = True
    # Whether a timer delivers its own input.
    timers_speak = True
    mailbox = "/_aws/ses"

    def __init__(self, payments_url):
        self.payments_url = payments_url

    def environment(self):
        """The environment variables of its clients."""
        defaults = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        words = plain() | defaults | {name: word for name, word in os.environ.items() if name.startswith("AWS_")}
        return words | {"AWS_DEFAULT_REGION": words["AWS_REGION"]}

    def template(self, built):
        """What of the build is deployed."""
        return prepared.for_deployment(built, self.payments_url or "")

    def deployed(self):
        """Makes what a stack of ours expects beside it: a sender that may send."""
        boto3.client("sesv2").create_email_identity(EmailIdentity=SENDER)

    def late(self, function, seconds):
        """Sets a function's clock forward, where the clock of the endpoint cannot be moved."""
        now = datetime.datetime.now(datetime.timezone.utc)
        shown, at = (f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (now - datetime.timedelta(seconds=seconds), now))
        return journeys.with_variables(function, CAUSEWAY_CLOCK=f"{shown}@{at}*1")

    def pass_time(self, seconds):
        """Lets so much time pass, where it can be moved; elsewhere it passes by itself."""

    def settle(self):
        """Waits until a changed rule is in force."""

    def mails(self, words):
        """The sent mails that contain these words."""
        with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + self.mailbox, timeout=PATIENCE) as answer:
            found = json.load(answer)
        found = next(iter(found.values()))
        lists = found.values() if isinstance(found, dict) else [found]
        return [mail for one in lists for mail in one if words in json.dumps(mail)]

    def output(self):
        """What it has logged, if that is at hand."""
        return ""

    def stop(self):
        """Ends what this run began; 0 if it ended well."""
        return 0


class Aws(Endpoint):
    """AWS itself, in the account and region of the environment."""

    name = differences.AWS
    lacks = ["mappings", "mail"]

    def environment(self):
        words = {name: word for name, word in os.environ.items() if not name.startswith("AWS_ENDPOINT_URL")}
        return plain() | words

    def deployed(self):
        pass

    def settle(self):
        time.sleep(60)


class OnMiniStack(Endpoint):
    """One of our own, which checks rights."""

    name = differences.MINISTACK
    lacks = ["refused-entries"]
    timers_speak = False
    mailbox = "/_ministack/ses/messages"

    def __init__(self, payments_url=None, rights=True):
        # The local cloud runs nothing here but the payment provider that it simulates.
        self.provider = None if payments_url else Cloud(PROVIDER)
        super().__init__(payments_url or f"{self.provider.endpoint}/_causeway/payments")
        try:
            self.running = MiniStack(rights)
        except BaseException:
            if self.provider:
                self.provider.stop()
            raise
        self.environment, self.output = self.running.environment, self.running.output

    def template(self, built):
        return prepared.for_deployment(built, self.payments_url, prepared.fit_for_ministack)

    def stop(self):
        self.running.stop()
        return self.provider.stop() if self.provider else 0


class OnLocal(Endpoint):
    """Our own cloud."""

    name = differences.LOCAL
    lacks = ["mappings", "rights"]
    takes_stacks = False
    mailbox = "/_causeway/mailbox"

    def __init__(self, program, *options):
        self.running = Cloud(program, *options)
        self.environment, self.output, self.stop = self.running.environment, self.running.output, self.running.stop

    def deployed(self):
        pass

    def late(self, function, seconds):
        return contextlib.nullcontext()

    def pass_time(self, seconds):
        tick = f"{self.running.endpoint}/_causeway/tick"
        asked = urllib.request.Request(tick, data=json.dumps({"seconds": seconds}).encode(), method="POST")
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            assert json.load(answer)["settled"]
