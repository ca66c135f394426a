#!/usr/bin/env python3
"""JSONata judged by another implementation: the same expressions through this project's evaluator
and through the reference one (npm's "jsonata").

It is looked for in LIFEBOAT_JSONATA_JS, the directory of the package (npm install jsonata), and where
node finds packages by itself; without it the test is skipped, and says so."""
import json
import os
import random
import shutil
import subprocess
import sys
import unittest

from harness import main

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = int(os.environ.get("LIFEBOAT_SEED", "1"))
GENERATED = int(os.environ.get("LIFEBOAT_GENERATED", "3000"))

DOCUMENT = {
    "Account": {
        "Account ID": "A1",
        "Name": "Firefly",
        "Order": [
            {"OrderID": "o1", "Product": [{"SKU": "s1", "Price": 34.45, "Quantity": 2},
                                          {"SKU": "s2", "Price": 21.67, "Quantity": 1}]},
            {"OrderID": "o2", "Product": [{"SKU": "s1", "Price": 34.45, "Quantity": 4},
                                          {"SKU": "s3", "Price": 107.99, "Quantity": 1}]},
        ],
    },
    "numbers": [1, 2, 3, 4.5, -6],
    "text": ["a", "bc", "Ünï", ""],
    "nested": [{"a": [{"b": 1}, {"b": [2, 3]}]}, {"a": {"b": 4}}, {"c": 5}],
    "mixed": [{"x": 1, "y": 3}, {"x": "1", "y": 2}, {"y": 1}, {"x": None, "y": 0}, {"x": [1, 2], "y": 5}],
    "empty": [],
    "odd name": True,
}

# Where we differ on purpose, and why.
KNOWN = {
    line.split("\t")[0]: line.rstrip("\n").split("\t")[1]
    for line in open(os.path.join(HERE, "jsonata", "known_differences.tsv"), encoding="utf-8").readlines()
    if not line.startswith("# ")
}


def package():
    """The directory of the reference implementation, or None."""
    if shutil.which("node") is None:
        return None
    for candidate in (os.environ.get("LIFEBOAT_JSONATA_JS"), "jsonata"):
        if candidate and subprocess.run(["node", "-e", "require(process.argv[1])", candidate],
                                        capture_output=True).returncode == 0:
            return candidate
    return None


def written():
    with open(os.path.join(HERE, "jsonata", "expressions.txt"), encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if line.strip() and not line.startswith("# ")]


class Generator:
    """Random expressions, most of them valid, over DOCUMENT."""

    paths = ["numbers", "text", "nested", "mixed", "empty", "nested.a", "nested.a.b", "mixed.x", "mixed.y",
             "Account.Order", "Account.Order.Product", "Account.Order.Product.Price", "Account.Name", "nothing",
             "$", "*", "Account.*", "**.b"]
    # Where no member is missing: a predicate that is true of what is not there keeps it in the
    # reference, as JavaScript's undefined, and fails there when it fails.
    whole = ["numbers", "text", "nested", "mixed", "mixed.y", "empty", "Account.Order", "Account.Order.Product",
             "Account.Order.Product.Price", "Account.Name"]
    unary = ["$sum", "$count", "$max", "$min", "$average", "$string", "$boolean", "$not", "$exists", "$reverse",
             "$distinct", "$keys", "$type", "$sort", "$spread", "$number", "$length", "$uppercase", "$trim",
             "$floor", "$abs", "$merge", "$round", "$zip"]
    operators = ["+", "-", "*", "/", "%", "&", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in"]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, choices):
        return choices[self.random.randrange(len(choices))]

    def expression(self, depth=0):
        r = self.random.random()
        if depth > 3 or r < 0.15:
            return self.pick(["1", "2.5", "-3", "0", '"a"', '""', '"bc"', "true", "false", "null", "[]", "{}",
                              "[1,2,3]", '["a","b"]', '{"x":1}'])
        inner = lambda: self.expression(depth + 1)
        if r < 0.40:
            return self.pick(self.paths)
        if r < 0.52:
            return f"{self.pick(self.unary)}({inner()})"
        if r < 0.64:
            return f"({inner()} {self.pick(self.operators)} {inner()})"
        if r < 0.72:
            return f"{self.pick(self.whole)}[{inner()}]"
        if r < 0.78:
            return f"({inner()}).{self.pick(['x', 'y', 'b', 'a', 'SKU', '($)', '$string($)', '$type($)', '[$]'])}"
        if r < 0.82:
            return f"({inner()} ? {inner()} : {inner()})"
        if r < 0.86:
            return f"[{inner()}, {inner()}]"
        if r < 0.89:
            return '{"k": ' + inner() + ', "l": ' + inner() + "}"
        if r < 0.93:
            return f"{self.pick(['$map', '$filter'])}({inner()}, function($v, $i) {{{self.pick(['$v', '$i', '$v = 1', '$type($v)', '[$v]'])}}})"
        if r < 0.96:
            return f"$append({inner()}, {inner()})"
        return f"({inner()}){self.pick(['[0]', '[-1]', '[]', '[[0..1]]'])}"


def answers(command, questions):
    done = subprocess.run(command, input="".join(json.dumps(q, sort_keys=True) + "\n" for q in questions).encode(),
                          stdout=subprocess.PIPE, timeout=600, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def same(ours, theirs):
    """Numbers by value (members are in the order of their names on both sides); of errors it counts that there is one."""
    if ours.get("error") == "D1001":
        return True  # a number that overflows, at once; the reference goes on with Infinity
    if "error" in ours or "error" in theirs:
        return "error" in ours and "error" in theirs
    return canonical(ours) == canonical(theirs)


def canonical(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return float(f"{value:.12g}")
    if isinstance(value, list):
        return [canonical(part) for part in value]
    return {name: canonical(part) for name, part in value.items()}


class Jsonata(unittest.TestCase):
    def compare(self, expressions):
        reference = package()
        if reference is None:
            self.skipTest("npm's jsonata is not here: npm install jsonata, and set LIFEBOAT_JSONATA_JS to its directory")
        questions = [{"expression": text, "input": DOCUMENT} for text in expressions]
        ours = answers([os.environ["LIFEBOAT_JSONATA_ANSWER"]], questions)
        theirs = answers(["node", os.path.join(HERE, "jsonata", "answer.js"), reference], questions)
        self.assertEqual(len(ours), len(theirs))
        different, codes = [], 0
        for text, mine, other in zip(expressions, ours, theirs):
            # After "[]" the reference takes a division for the beginning of a regular expression.
            if "[] /" in text and other.get("error") == "S0302":
                continue
            if not same(mine, other) and text not in KNOWN:
                different.append(f"{text}\n    ours   {json.dumps(mine)[:300]}\n    theirs {json.dumps(other)[:300]}")
            codes += "error" in mine and mine.get("error") != other.get("error")
        print(f"jsonata: {len(expressions)} expressions compared, {len(different)} differ, "
              f"{codes} errors with another code, seed {SEED}", file=sys.stderr)
        if different:
            self.fail("these differ:\n" + "\n".join(different[:40]))

    def test_written_expressions(self):
        self.compare(written())

    def test_generated_expressions(self):
        generator = Generator(SEED)
        self.compare([generator.expression() for _ in range(GENERATED)])


    def test_every_question_has_an_answer(self):
        expressions = written() + [Generator(SEED).expression() for _ in range(10)] + ["(" * 5000, "\u0000"]
        ours = answers([os.environ["LIFEBOAT_JSONATA_ANSWER"]],
                       [{"expression": text, "input": DOCUMENT} for text in expressions])
        self.assertEqual(len(ours), len(expressions))
        self.assertEqual(ours[0]["value"], DOCUMENT["Account"])


if __name__ == "__main__":
    main()
