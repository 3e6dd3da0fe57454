"""Expands the SAM template as CloudFormation will see it and writes that, counts the resources with the head-room,
and fails before the limit is reached: then a context gets a stack of its own."""

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


def main(path, expansion):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    # Before a deployment, code is on this machine; any place in S3 stands for where it will be.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code.zip"
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    expanded = transform(template, {}, NoAccount())
    with open(expansion, "w", encoding="utf-8") as file:
        json.dump(expanded, file, indent=1, default=str)
    kinds = Counter(resource["Type"] for resource in expanded["Resources"].values())
    for kind, count in kinds.most_common():
        print(f"{count:4} {kind}")
    count = kinds.total()
    size = os.path.getsize(path)
    print(f"{count:4} resources of at most {LIMIT}: room for {LIMIT - count}; {size} bytes of template")
    return 0 if count < TIGHT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
