"""What is deployed: the folder that `sam build` left, or one laid out like it from binaries that are there already;
a copy of the built template has the payment provider's address and, for MiniStack, what fits it.
`python tests/localstack/prepared.py http://…` writes that copy for a payment provider there, and prints its path."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = "infra/template.flat.yaml"
MADE = ROOT / "target/rehearsal"
# A resource begins with its name, indented by two.
RESOURCE = re.compile(r"(?m)^(?=  \w+:\n)")
# Policies whose conditions MiniStack has no values for.
UNCONDITIONED = ["PublishEvents", "PublishRejections", "PublishSystemEvents", "SendMail"]


def laid_out(binaries):
    """A folder as `sam build` makes it, of these binaries, without what only a debugger reads. Links to one program are
    packed and uploaded once; the program learns by its handler which function it is."""
    built = MADE / "build"
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir(parents=True)
    archives = {}
    parts = []
    for part in RESOURCE.split((ROOT / TEMPLATE).read_text(encoding="utf-8")):
        if binary := re.search(r"Binary: ([a-z0-9-]+)", part):
            program = pathlib.Path(binaries) / binary.group(1)
            same = program.stat().st_ino
            if same not in archives:
                archives[same] = archive(program, built / f"{binary.group(1)}.zip")
            of_its_own = f"      CodeUri: {archives[same]}\n      Handler: {binary.group(1)}\n"
            part = part.replace("    Properties:\n", f"    Properties:\n{of_its_own}", 1)
        parts.append(part)
    (built / "template.yaml").write_text("".join(parts), encoding="utf-8")
    return built


def archive(program, path):
    """Packs a program as Lambda takes it; the name of the archive."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        bootstrap = pathlib.Path(folder) / "bootstrap"
        subprocess.run(["strip", "-o", bootstrap, program], check=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.write(bootstrap, bootstrap.name)
    return path.name


def for_deployment(built, payments_url="", change=lambda template: None):
    """A copy of the built template with this payment provider."""
    template = yaml.load((built / "template.yaml").read_text(encoding="utf-8"), Loader=CloudFormation)
    template["Parameters"]["PaymentsUrl"]["Default"] = payments_url
    change(template)
    copy = built / "rehearsed.json"
    copy.write_text(json.dumps(template, indent=1), encoding="utf-8")
    return copy


def fit_for_ministack(template):
    """Takes out what MiniStack does not do; it stands in the table of differences."""
    resources = template["Resources"]
    for name in UNCONDITIONED:
        for statement in statements(resources[name]):
            del statement["Condition"]
    # Who sends mail is asked for all of it, and who sets a timer for the group that schedules have by default.
    for statement in statements(resources["SendMail"]):
        statement["Resource"] = "*"
    (schedules, _) = statements(resources["SetTimers"])
    schedules["Resource"]["Fn::Sub"] = schedules["Resource"]["Fn::Sub"].replace("${Timers}", "default")


def statements(policy):
    return policy["Properties"]["PolicyDocument"]["Statement"]


class CloudFormation(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation's functions; a date stays a text."""

    yaml_implicit_resolvers = {
        first: [(tag, sought) for tag, sought in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def in_full(loader, name, node):
    construct = {
        yaml.ScalarNode: loader.construct_scalar,
        yaml.SequenceNode: lambda node: loader.construct_sequence(node, deep=True),
        yaml.MappingNode: lambda node: loader.construct_mapping(node, deep=True),
    }[type(node)]
    value = construct(node)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


CloudFormation.add_multi_constructor("!", in_full)


if __name__ == "__main__":
    print(for_deployment(ROOT / ".aws-sam/build", sys.argv[1], fit_for_ministack))
