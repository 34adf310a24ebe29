"""A YAML file as JSON, read as strictly as Kubernetes reads it: a key that stands twice is refused.

usage: yaml_as_json.py FILE
"""

import json
import os
import sys

from pinned_packages import LIB, StartError, python_of


def main():
    python = python_of("kubernetes-schema", LIB / "kubernetes-schema.requirements.txt", "the Kubernetes schemas")
    if sys.prefix != str(python.parent.parent):
        os.execv(python, [python, *sys.argv])
    print(json.dumps(read(sys.argv[1]), allow_nan=False))


def read(path):
    import yaml  # of the pinned packages, which the first python does not have

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            odd = [key for key in keys if not isinstance(key, str) or keys.count(key) > 1]
            if odd:
                raise yaml.constructor.ConstructorError(None, None, f"{odd} are no keys that stand once", node.start_mark)
            return super().construct_mapping(node, deep)

    with open(path) as file:
        return yaml.load(file, Strict)


if __name__ == "__main__":
    try:
        main()
    except StartError as error:
        sys.exit(f"yaml_as_json: {error}")
