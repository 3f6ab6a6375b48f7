"""The message types of WhittleProtocol as their source says: properties, names in JSON, and documentation."""

import re
from dataclasses import dataclass

SCOPE = re.compile(r"^( *)(?:public |private |fileprivate )?(?:struct|enum|extension) (\w+)")
PROPERTY = re.compile(r"^ *public (?:private\(set\) )?var (\w+): ([^={]+?)(?: = .+)?$")


@dataclass
class Property:
    key: str
    type: str
    doc: str


def types(source: str) -> dict[str, list[Property]]:
    """The stored properties of each type, by its name with those that it is in: `Stats.Loss`.

    A comment above several properties that follow each other without an empty line is of the first one only."""
    found: dict[str, list[Property]] = {}
    keys: dict[str, dict[str, str]] = {}
    scopes: list[tuple[int, str]] = []
    doc: list[str] = []
    for line in source.splitlines():
        indentation = len(line) - len(line.lstrip())
        while line.strip() and scopes and indentation <= scopes[-1][0]:
            scopes.pop()
        name = ".".join(scope for _, scope in scopes)
        if scope := SCOPE.match(line):
            scopes.append((indentation, scope[2]))
        elif line.strip().startswith("///"):
            doc.append(line.strip().removeprefix("///").strip())
            continue
        elif name.endswith(".CodingKeys"):
            for swift, wire in re.findall(r'(\w+)(?: = "(\w+)")?(?:,|$)', line.strip().removeprefix("case ")):
                keys.setdefault(name.removesuffix(".CodingKeys"), {})[swift] = wire or swift
        elif property := PROPERTY.match(line):
            found.setdefault(name, []).append(Property(property[1], property[2].strip(), " ".join(doc)))
        doc = []
    for name, properties in found.items():
        for property in properties:
            property.key = keys.get(name, {}).get(property.key, property.key)
    return found
