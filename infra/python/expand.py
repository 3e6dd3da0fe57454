"""Expands SAM templates as CloudFormation will see them. Writes the expansion of the first; counts the resources of the
others, the stacks of a deployment, and fails before one reaches the limit: then its context must be divided."""

import json
import os
import sys
from collections import Counter

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

LIMIT = 500
TIGHT = 450


class NoAccount:
    """The expansion needs no list of managed policies: the template names none of AWS's."""

    def load(self):
        return {}


def expand(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    # Before a deployment, code is on this machine; any place in S3 stands for where it will be.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code.zip"
    return transform(template, {}, NoAccount())


def main(flat, expansion, *stacks):
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    expanded = expand(flat)
    with open(expansion, "w", encoding="utf-8") as file:
        json.dump(expanded, file, indent=1, default=str)
    for kind, count in Counter(resource["Type"] for resource in expanded["Resources"].values()).most_common():
        print(f"{count:4} {kind}")
    counts = {stack: len(expand(stack)["Resources"]) for stack in stacks}
    for stack, count in counts.items():
        print(f"{count:4} resources of at most {LIMIT}: {stack}, {os.path.getsize(stack)} bytes")
    return 0 if max(counts.values()) < TIGHT else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
