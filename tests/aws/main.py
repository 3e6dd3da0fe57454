"""Runs these tests against one cloud of their own: `python tests/aws/main.py target/debug/causeway`.

The last line is that of Rust's own tests, so that both are counted alike.
"""

import os
import sys
import threading
import unittest

from cloud import Cloud

# All of it takes less than a minute; a crowded machine may need several.
LIMIT = 10 * 60


def main(program):
    cloud = Cloud(program)

    def give_up():
        print(f"{cloud.output()}\nnot done after {LIMIT} seconds", file=sys.stderr, flush=True)
        cloud.process.kill()
        os._exit(1)

    limit = threading.Timer(LIMIT, give_up)
    limit.daemon = True
    limit.start()
    environment = cloud.environment()
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    os.environ.update(environment)
    try:
        tests = unittest.defaultTestLoader.discover(os.path.dirname(os.path.abspath(__file__)))
        hand(tests, cloud)
        result = unittest.TextTestRunner(verbosity=2).run(tests)
    finally:
        ended = cloud.stop()
    failed = len(result.failures) + len(result.errors)
    passed = result.testsRun - failed
    if ended != 0:
        failed += 1
    if failed > 0:
        print(f"the output of the cloud until it ended with {ended}:\n{cloud.output()}", file=sys.stderr)
    sys.stderr.flush()
    print(f"test result: {'FAILED' if failed else 'ok'}. {passed} passed; {failed} failed")
    return 1 if failed else 0


def hand(tests, cloud):
    """Gives every test the cloud."""
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            hand(test, cloud)
        else:
            test.cloud = cloud


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
