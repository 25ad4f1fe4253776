"""Validates events of OpenLineage against the real schemas: validate.py SCHEMAS OUR_FACETS < events, one a line.

SCHEMAS is the folder with OpenLineage.json and facets/, OUR_FACETS the schema file of the facets that are ours. Nothing is fetched:
an address that no file has as its $id is an error. Each event must satisfy OpenLineage.json and the definition that its schemaURL
names, each facet the definition that its _schemaURL names, and the definition must be that of its key where the schema has such a
key. Formats are asserted. Prints one line a kind of thing: its number of valid ones, then what was wrong; the last line is
"N valid, N invalid".
"""

import collections
import datetime
import json
import pathlib
import re
import sys
import uuid

import jsonschema

try:
    import referencing  # what jsonschema 4.18 has in place of RefResolver
    import referencing.jsonschema
except ImportError:
    referencing = None

schemas = {}
for file in [*sorted(pathlib.Path(sys.argv[1]).rglob("*.json")), pathlib.Path(sys.argv[2])]:
    schema = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    schemas[schema["$id"]] = schema


if referencing:
    registry = referencing.Registry().with_resources(
        (address, referencing.Resource.from_contents(schema)) for address, schema in schemas.items())

    def validator_of_definition(address):
        return jsonschema.Draft202012Validator({"$ref": address}, registry=registry, format_checker=formats)
else:
    class Offline(jsonschema.RefResolver):
        def resolve_remote(self, uri):
            raise KeyError(f"no file has the $id {uri}")

    def validator_of_definition(address):
        return jsonschema.Draft202012Validator(
            {"$ref": address}, resolver=Offline("", {}, store=schemas), format_checker=formats)


formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_date_time(value):
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value, re.ASCII):
            raise ValueError
        datetime.datetime.fromisoformat(value[:19])
    return True


@formats.checks("uuid", raises=ValueError)
def is_uuid(value):
    return not isinstance(value, str) or str(uuid.UUID(value)) == value


@formats.checks("uri", raises=ValueError)
def is_uri(value):
    return not isinstance(value, str) or bool(
        re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+(#([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?", value)
    )


validators = {}


def validator_of(address):
    if address.partition("#")[0] not in schemas:
        raise KeyError(f"no file has the $id {address}")
    if address not in validators:
        validators[address] = validator_of_definition(address)
    return validators[address]


valid = collections.Counter()
complaints = []


def check(kind, address, value, where):
    try:
        errors = list(validator_of(address).iter_errors(value))
    except Exception as error:  # an address that leads nowhere: each version of jsonschema has another one
        complaints.append(f"{where}: {address}: {error!r}")
        return
    if errors:
        complaints.extend(f"{where}: {'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in errors)
    else:
        valid[kind] += 1


def check_facets(facets, where):
    for key, facet in facets.items():
        address = facet.get("_schemaURL", "")
        base, _, pointer = address.partition("#")
        schema = schemas.get(base, {})
        # The file says under which key its facet stands. In one file a facet may be one of several.
        keys = schema.get("properties", {})
        if key not in keys:
            complaints.append(f"{where}: {base or 'a facet without _schemaURL'} knows no facet {key}")
        check(f"facet {key}", address, facet, f"{where}: facet {key}")
        check("facet by key", base, {key: facet}, f"{where}: {key}")


def check_dataset(dataset, where):
    where += f" {dataset.get('name')}"
    for part in ("facets", "inputFacets", "outputFacets"):
        check_facets(dataset.get(part, {}), where)


for number, line in enumerate(sys.stdin, 1):
    def refused(word):
        raise ValueError(f"{word} is no JSON")

    try:
        event = json.loads(line, parse_constant=refused)
    except ValueError as error:
        complaints.append(f"event {number}: {error}")
        continue
    where = f"event {number}"
    check("event", "https://openlineage.io/spec/2-0-2/OpenLineage.json", event, where)
    check("event by schemaURL", event.get("schemaURL", ""), event, where)
    check_facets(event.get("run", {}).get("facets", {}), where)
    check_facets(event.get("job", {}).get("facets", {}), where)
    for dataset in [*event.get("inputs", []), *event.get("outputs", []), *filter(None, [event.get("dataset")])]:
        check_dataset(dataset, where)

for kind, number in sorted(valid.items()):
    print(f"{number} {kind}")
for complaint in complaints[:50]:
    print(complaint)
print(f"{sum(valid.values())} valid, {len(complaints)} invalid")
sys.exit(1 if complaints or not valid else 0)
