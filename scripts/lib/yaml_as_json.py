"""A YAML file as JSON, read as strictly as Kubernetes reads it: a key that stands twice is refused.

CloudFormation's short forms come out as its long ones: `!Ref X` as {"Ref": "X"}, `!Sub X` as {"Fn::Sub": "X"}.

usage: yaml_as_json.py FILE
"""

import json
import os
import sys

from pinned_packages import LIB, StartError, python_of


def main():
    python = python_of("deployment-checks", LIB / "deployment-checks.requirements.txt", "the checkers of deployment texts")
    if sys.prefix != str(python.parent.parent):
        os.execv(python, [python, *sys.argv])
    print(json.dumps(read(sys.argv[1]), allow_nan=False))


def read(path):
    import yaml  # of the pinned packages, which the first python does not have

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            # What `<<` brings is no key of this place, and may stand here again.
            own = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
            keys = [self.construct_object(key, deep=True) for key in own]
            odd = [key for key in keys if not isinstance(key, str) or keys.count(key) > 1]
            if odd:
                raise yaml.constructor.ConstructorError(None, None, f"{odd} are no keys that stand once", node.start_mark)
            return super().construct_mapping(node, deep)

    def short_form(loader, name, node):
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        if name == "GetAtt":
            value = value.split(".", 1)
        return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}

    Strict.add_multi_constructor("!", short_form)
    with open(path) as file:
        return yaml.load(file, Strict)


if __name__ == "__main__":
    try:
        main()
    except StartError as error:
        sys.exit(f"yaml_as_json: {error}")
