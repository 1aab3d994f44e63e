"""Reads written profiles back by their published descriptions only."""

import csv
import gzip
import json
import pathlib
import sys

import jsonschema


def expect(condition, what):
    if not condition:
        raise SystemExit(f"check-profile-formats: {what}")


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def fields(data):
    """(number, value) of every field: numbers as int, the rest as bytes."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        if key & 7 == 0:
            value, place = varint(data, place)
        else:
            expect(key & 7 == 2, "pprof: a field of an unused kind")
            count, place = varint(data, place)
            value, place = data[place : place + count], place + count
        yield key >> 3, value


def packed(data):
    place = 0
    while place < len(data):
        value, place = varint(data, place)
        yield value


def pprof_stacks(path):
    strings, functions, locations, samples = [], {}, {}, []
    for number, value in fields(gzip.decompress(path.read_bytes())):
        if number == 6:
            strings.append(value.decode())
        elif number == 5:
            function = dict(fields(value))
            functions[function[1]] = function[2]
        elif number == 4:
            location = dict(fields(value))
            locations[location[1]] = dict(fields(location[4]))[1]
        elif number == 2:
            samples.append(dict(fields(value)))
    expect(strings[0] == "", "pprof: the first string is not empty")
    stacks = {}
    for sample in samples:
        names = [strings[functions[locations[place]]] for place in packed(sample[1])]
        stacks[";".join(reversed(names))] = next(packed(sample[2]))
    return stacks


# speedscope's published shape (src/lib/file-format-spec.ts), worded as a schema.
SPEEDSCOPE_PROFILE = {
    "type": "object",
    "required": ["type", "name", "unit", "startValue", "endValue", "samples", "weights"],
    "properties": {
        "type": {"const": "sampled"},
        "name": {"type": "string"},
        "unit": {"enum": ["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"]},
        "startValue": {"type": "number"},
        "endValue": {"type": "number"},
        "samples": {"type": "array", "items": {"type": "array", "items": {"type": "integer", "minimum": 0}}},
        "weights": {"type": "array", "items": {"type": "number", "minimum": 0}},
    },
    "additionalProperties": False,
}
SPEEDSCOPE = {
    "type": "object",
    "required": ["$schema", "shared", "profiles"],
    "properties": {
        "$schema": {"const": "https://www.speedscope.app/file-format-schema.json"},
        "exporter": {"type": "string"},
        "name": {"type": "string"},
        "activeProfileIndex": {"type": "integer", "minimum": 0},
        "shared": {
            "type": "object",
            "required": ["frames"],
            "properties": {
                "frames": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {
                            "name": {"type": "string"},
                            "file": {"type": "string"},
                            "line": {"type": "number"},
                            "col": {"type": "number"},
                        },
                        "additionalProperties": False,
                    },
                }
            },
            "additionalProperties": False,
        },
        "profiles": {"type": "array", "minItems": 1, "items": SPEEDSCOPE_PROFILE},
    },
    "additionalProperties": False,
}


def speedscope_stacks(path):
    document = json.loads(path.read_text())
    jsonschema.Draft202012Validator(SPEEDSCOPE).validate(document)
    expect(document["activeProfileIndex"] < len(document["profiles"]), "speedscope: no such active profile")
    frames = [frame["name"] for frame in document["shared"]["frames"]]
    profile = document["profiles"][0]
    expect(profile["type"] == "sampled" and profile["unit"] in ("none", "nanoseconds"), "speedscope: kind or unit")
    expect(sum(profile["weights"]) == profile["endValue"] - profile["startValue"], "speedscope: the total")
    return {
        ";".join(frames[frame] for frame in sample): weight
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True)
    }


# The columns of a processed profile's tables in version 57, by its published description.
FIREFOX_TABLES = {
    "samples": ["stack", "time", "weight"],
    "markers": ["data", "name", "startTime", "endTime", "phase", "category"],
    "stackTable": ["frame", "prefix"],
    "frameTable": ["address", "inlineDepth", "category", "subcategory", "func", "nativeSymbol", "innerWindowID",
                   "line", "column"],
    "funcTable": ["isJS", "relevantForJS", "name", "resource", "fileName", "lineNumber", "columnNumber"],
    "resourceTable": ["lib", "name", "host", "type"],
    "nativeSymbols": ["libIndex", "address", "name", "functionSize"],
}


def firefox_indices(thread, strings, categories):
    """Every column that points to rows of another table points to one that is there."""
    tables = {name: thread[name]["length"] for name in FIREFOX_TABLES}
    sizes = {**tables, "strings": len(strings), "categories": categories}
    for table, column, target, least in [
        ("samples", "stack", "stackTable", None), ("stackTable", "frame", "frameTable", 0),
        ("stackTable", "prefix", "stackTable", None), ("frameTable", "func", "funcTable", 0),
        ("frameTable", "category", "categories", None), ("frameTable", "nativeSymbol", "nativeSymbols", None),
        ("funcTable", "name", "strings", 0), ("funcTable", "resource", "resourceTable", -1),
        ("funcTable", "fileName", "strings", None), ("resourceTable", "name", "strings", 0),
        ("nativeSymbols", "name", "strings", 0),
    ]:
        for row, value in enumerate(thread[table][column]):
            good = value is None and least is None or value == least or (
                isinstance(value, int) and 0 <= value < sizes[target])
            expect(good, f"firefox: {table}.{column}[{row}] is {value}, of {sizes[target]} {target}")
    expect(all(depth >= 0 for depth in thread["frameTable"]["inlineDepth"]), "firefox: an inline depth is negative")


def firefox_stacks(path):
    document = json.loads(path.read_text())
    meta = document["meta"]
    expect(meta["preprocessedProfileVersion"] == 57, "firefox: not the pinned version")
    expect(any(category["color"] == "grey" for category in meta["categories"]), "firefox: no default category")
    for key in ("interval", "startTime", "processType", "product", "stackwalk", "version", "markerSchema"):
        expect(key in meta, f"firefox: meta lacks {key}")
    expect(document["libs"] == [] and len(document["threads"]) == 1, "firefox: libraries or threads")
    thread = document["threads"][0]
    for key in ("processType", "processStartupTime", "processShutdownTime", "registerTime", "unregisterTime",
                "pausedRanges", "name", "isMainThread", "pid", "tid"):
        expect(key in thread, f"firefox: the thread lacks {key}")
    expect(isinstance(thread["pid"], str), "firefox: the pid is no string")
    for name, columns in FIREFOX_TABLES.items():
        table = thread[name]
        for column in columns:
            expect(len(table[column]) == table["length"], f"firefox: {name}.{column} is not as long as its table")
    expect(thread["samples"]["weightType"] in ("samples", "tracing-ms", "bytes"), "firefox: weightType")
    times = thread["samples"]["time"]
    expect(times == sorted(times), "firefox: samples go back in time")
    strings = document["shared"]["stringArray"]
    firefox_indices(thread, strings, len(meta["categories"]))
    functions = [strings[name] for name in thread["funcTable"]["name"]]
    stacks = []
    for index, (frame, prefix) in enumerate(zip(thread["stackTable"]["frame"], thread["stackTable"]["prefix"])):
        expect(prefix is None or prefix < index, "firefox: a stack stands before its callers")
        name = functions[thread["frameTable"]["func"][frame]]
        stacks.append(name if prefix is None else stacks[prefix] + ";" + name)
    return {stacks[stack]: weight for stack, weight in zip(thread["samples"]["stack"], thread["samples"]["weight"])}


def validated(path, name):
    """The JSON at `path`, which is as Documentation/`name`.schema.json says."""
    def refuse(number):
        expect(False, f"{path.name}: {number} is no JSON")

    document = json.loads(path.read_text(), parse_constant=refuse)
    schema = json.loads(pathlib.Path(f"Documentation/{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(document))
    expect(error is None, f"{path.name}: {error and error.message} at {error and error.json_path}")
    return document


def table_stacks(path):
    table = validated(path, "Profile")
    expect(sum(function["self"] for function in table["functions"]) == table["total"], "json: the total")
    return {
        ";".join(table["frames"][frame] for frame in sample["stack"]): sample["weight"] for sample in table["samples"]
    }


def callgrind_costs(path):
    """Own costs by function, and each call's inclusive cost, by the published grammar; names are compressed."""
    names, own, calls = {}, {}, {}
    function = callee = None

    def name(text):
        number, _, rest = text.partition(") ")
        if rest:
            names[number] = rest
        return names[number.rstrip(")")] if not rest else rest

    lines = iter(path.read_text().splitlines())
    expect(next(lines) == "# callgrind format", "callgrind: the first line")
    for line in lines:
        if line.startswith("fn="):
            function = name(line[3:])
        elif line.startswith("cfn="):
            callee = name(line[4:])
        elif line.startswith("calls="):
            _, cost = next(lines).split()
            calls[function, callee] = calls.get((function, callee), 0) + int(cost)
        elif line[:1].isdigit() or line[:1] in "+-*" and line[:1]:
            own[function] = own.get(function, 0) + int(line.split()[1])
    return own, calls


def check_callgrind(path, folded):
    own, calls = callgrind_costs(path)
    leaves = {}
    for stack, weight in folded.items():
        leaf = stack.split(";")[-1]
        leaves[leaf] = leaves.get(leaf, 0) + weight
    expect({name: cost for name, cost in own.items() if cost} == leaves, "callgrind: own costs")
    expect(calls["main", "work"] == sum(folded.values()), "callgrind: the cost of a call")


def check_movers(path):
    movers = validated(path, "Movers")
    schema = json.loads(pathlib.Path("Documentation/Movers.schema.json").read_text())
    for function in movers["functions"]:
        expect(set(function) == set(schema["properties"]["functions"]["items"]["properties"]), "movers: the keys")
        for share in ("selfBefore", "selfAfter", "totalBefore", "totalAfter"):
            expect(function[share] <= 1 + 1e-9, f"movers: {share} of {function['name']} is above 1")
    expect(len(movers["functions"]) > 2, "movers: too few")
    return movers


def folded_stacks(path):
    # Names may hold what splitlines takes for a line's end.
    lines = path.read_bytes().decode().split("\n")[:-1]
    return {stack: int(weight) for stack, weight in (line.rsplit(" ", 1) for line in lines)}


READERS = {"pprof": pprof_stacks, "speedscope": speedscope_stacks, "firefox": firefox_stacks, "json": table_stacks}


def check_stacks(folder):
    folded = folded_stacks(folder / "profile.folded")
    for kind, read in READERS.items():
        expect(read(folder / f"profile.{kind}") == folded, f"{kind}: not the stacks of the folded file")
    check_callgrind(folder / "profile.callgrind", folded)
    rows = list(csv.reader((folder / "profile.csv").read_text().splitlines()))
    expect(sum(int(row[1]) for row in rows[1:]) == sum(folded.values()), "csv: own weights are not the total")


def check_hostile(folder):
    """Names with control characters, markup, 64 KB: the same in all formats, and no row or cell more than there are."""
    stacks = [read(folder / f"hostile.{kind}") for kind, read in READERS.items()]
    names = {name for stack in stacks[0] for name in [stack.removeprefix("main;").removesuffix(";leaf")]}
    expect(all(other == stacks[0] for other in stacks) and len(names) > 50, "the formats name different functions")
    expect({"<script>alert(1)</script>", "a\nb 7", "\u202etxt.exe\u202c", "n" * 65536, ""} <= names, "names are lost")
    with open(folder / "hostile.csv", newline="") as file:
        rows = list(csv.reader(file))
    expect(all(len(row) == 3 and row[0][:1] not in tuple("=+-@\t\r") for row in rows), "csv: a formula, or a broken row")
    # Of names in which line ends became blanks two may be one.
    expect(len(folded_stacks(folder / "hostile.folded")) in range(len(names) - 3, len(names) + 1), "folded: lines")


def main():
    folder = pathlib.Path(sys.argv[1])
    check_stacks(folder)
    check_hostile(folder)
    for kind, read in READERS.items():
        expect(read(folder / f"none.{kind}") == {}, f"{kind}: stacks of nothing")
    timed = validated(folder / "timed.json", "Profile")
    expect(sum(timed["timeline"]["weights"]) == timed["total"] == 45, "json: the timeline is not the total")
    firefox_stacks(folder / "timed.firefox")
    expect([check_movers(folder / f"movers-{name}.json")["paired"] for name in ("boots", "pairs")] == [False, True],
           "movers: paired")
    validated(folder / "movers-none.json", "Movers")
    tables = sorted(folder.glob("hotspots-*.json"))
    expect(len(tables) == 8, f"hotspots: {len(tables)} tables")
    for table in tables:
        validated(table, "Hotspots")


main()
