"""Rehearses the stack: deployed by SAM, its journeys made, deleted. `python tests/localstack/main.py` does it on a
MiniStack of its own, or on the endpoint of `AWS_ENDPOINT_URL`; `--aws` does it on AWS; `--local` on our own cloud.

The last line is that of Rust's own tests, so that both are counted alike.
"""

import argparse
import os
import pathlib
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
# How a cloud is started and waited for is shared with the tests of the AWS tools.
sys.path.append(str(HERE.parent / "aws"))

import differences  # noqa: E402
import journeys  # noqa: E402
import stack  # noqa: E402
from cloud import ROOT  # noqa: E402
from endpoints import Aws  # noqa: E402
from endpoints import Endpoint  # noqa: E402
from endpoints import OnLocal  # noqa: E402
from endpoints import OnMiniStack  # noqa: E402
from prepared import laid_out  # noqa: E402

# All of it takes a few minutes; a crowded machine may need several times as many.
LIMIT = 30 * 60


def arguments():
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--aws", action="store_true", help="on AWS, in the account of the environment; this costs money")
    parser.add_argument("--local", metavar="CAUSEWAY", help="on the local cloud of this program")
    parser.add_argument("--binaries", metavar="FOLDER", help="these binaries: laid out as `sam build` does it, or run by the local cloud")
    parser.add_argument("--build-dir", metavar="FOLDER", default=".aws-sam/build", help="what `sam build` left [default: %(default)s]")
    parser.add_argument("--payments-url", metavar="URL", help="the payment provider [default: one that the local cloud simulates]")
    parser.add_argument("--only", metavar="WORDS", help="only the tests whose names contain these words")
    return parser.parse_args()  # fmt: skip


def endpoint_of(choice):
    """The endpoint for this choice."""
    if choice.local:
        options = ["--binaries", choice.binaries] if choice.binaries else []
        return OnLocal(choice.local, *options)
    if choice.aws:
        return Aws(choice.payments_url)
    if os.environ.get("AWS_ENDPOINT_URL"):
        return Endpoint(choice.payments_url)
    return OnMiniStack(choice.payments_url)


def main(choice):
    begun = time.monotonic()
    endpoint = endpoint_of(choice)
    limit = threading.Timer(LIMIT, give_up, [endpoint])
    limit.daemon = True
    limit.start()
    environment = endpoint.environment()
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    os.environ.update(environment)
    differences.meet(endpoint.name, endpoint.lacks)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{choice.only}*"] if choice.only else None
    try:
        tests = loader.discover(HERE)
        if endpoint.takes_stacks:
            stack.Deletion.before = stack.inventory()
            built = laid_out(choice.binaries) if choice.binaries else ROOT / choice.build_dir
            stack.deploy(endpoint, built)
            tests.addTests(loader.loadTestsFromTestCase(stack.Deletion))
        print(f"deployed to {endpoint.name} after {time.monotonic() - begun:.0f} s", flush=True)
        journeys.ring_every_minute()
        hand(tests, endpoint)
        result = unittest.TextTestRunner(verbosity=2).run(tests)
        failed = len(result.failures) + len(result.errors)
        passed = result.testsRun - failed - len(result.skipped)
    except Exception as error:
        print(f"{endpoint.name}: {error!r}\n{error}", file=sys.stderr)
        passed, failed = 0, 1
    finally:
        ended = endpoint.stop()
    if ended != 0:
        failed += 1
    return closed(endpoint, passed, failed, ended)


def closed(endpoint, passed, failed, ended):
    """Says what came of it."""
    if failed > 0:
        print(f"the output of {endpoint.name} until it ended with {ended}:\n{endpoint.output()}", file=sys.stderr)
    sys.stderr.flush()
    print(differences.table(endpoint.name))
    for line in differences.left_out:
        print(f"left out: {line}")
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed")
    return 1 if failed else 0


def give_up(endpoint):
    print(f"{endpoint.output()}\nnot done after {LIMIT} seconds", file=sys.stderr, flush=True)
    endpoint.stop()
    os._exit(1)


def hand(tests, endpoint):
    """Gives every test the endpoint."""
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            hand(test, endpoint)
        else:
            test.endpoint = endpoint


if __name__ == "__main__":
    sys.exit(main(arguments()))
