"""Expands the SAM template as CloudFormation will see it, counts the resources, and fails above the limit."""

import os
import sys
from collections import Counter

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

LIMIT = 500


class NoAccount:
    """The expansion needs no list of managed policies: the template names none of AWS's."""

    def load(self):
        return {}


def main(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    # Before a deployment, code is on this machine; any place in S3 stands for where it will be.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code.zip"
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    expanded = transform(template, {}, NoAccount())["Resources"]
    kinds = Counter(resource["Type"] for resource in expanded.values())
    for kind, count in kinds.most_common():
        print(f"{count:4} {kind}")
    print(f"{len(expanded):4} resources of at most {LIMIT}")
    return 0 if len(expanded) < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
