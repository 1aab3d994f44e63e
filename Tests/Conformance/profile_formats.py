"""Reads written profiles back by their published descriptions only."""

import gzip
import json
import pathlib
import sys


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


def speedscope_stacks(path):
    document = json.loads(path.read_text())
    expect(document["$schema"].endswith("file-format-schema.json"), "speedscope: no schema")
    frames = [frame["name"] for frame in document["shared"]["frames"]]
    profile = document["profiles"][0]
    expect(profile["type"] == "sampled" and profile["unit"] in ("none", "nanoseconds"), "speedscope: kind or unit")
    expect(sum(profile["weights"]) == profile["endValue"] - profile["startValue"], "speedscope: the total")
    return {
        ";".join(frames[frame] for frame in sample): weight
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True)
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    folded = dict(line.rsplit(" ", 1) for line in (folder / "profile.folded").read_text().splitlines())
    folded = {stack: int(weight) for stack, weight in folded.items()}
    expect(pprof_stacks(folder / "profile.pprof") == folded, "pprof: not the stacks of the folded file")
    expect(speedscope_stacks(folder / "profile.speedscope") == folded, "speedscope: not those stacks")
    table = json.loads((folder / "profile.json").read_text())
    schema = json.loads(pathlib.Path("Documentation/Profile.schema.json").read_text())
    expect(set(schema["required"]) == set(table), "json: not the members of its schema")
    members = set(schema["properties"]["functions"]["items"]["required"])
    for function in table["functions"]:
        expect(set(function) == members, "json: a function without the members of the schema")
    expect(sum(function["self"] for function in table["functions"]) == table["total"], "json: the total")


main()
