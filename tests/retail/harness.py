"""What the tests of `retail` share: running it and its judge, reading and comparing what they wrote."""

import argparse
import base64
import contextlib
import datetime
import decimal
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

QUERIES = ("inventory", "daily-sales", "store-hour")
FILES = ("facts", "failed", "hot", "cold", "dead_letters")
RATES = ("events_per_second", "elapsed_s", "cpu_s_per_million_events", "written_mb_per_million_events")
OPTIONS = None  # set by main(): retail, reference, state_store, seed, kills
DECODER = json.JSONDecoder(parse_float=decimal.Decimal)
WHOLE_MILLIS = re.compile(r'(?<=:\d\d\.\d{3})000(?=Z")')  # the reference's times have six digits


def main(kills=0):
    """Runs the tests of the calling file; prints the seed that --seed repeats."""
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--retail", required=True, type=os.path.abspath)
    parser.add_argument("--reference", required=True, type=os.path.abspath)
    parser.add_argument("--state-store", choices=("log", "rocksdb"), default="log")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    if kills:
        parser.add_argument("kills", type=int, nargs="?", default=kills)
    OPTIONS, rest = parser.parse_known_args()
    print(f"seed {OPTIONS.seed}", flush=True)
    result = unittest.main(module="__main__", argv=[sys.argv[0], "--verbose"] + rest,
                           exit=False).result
    if result.wasSuccessful() and len(result.skipped) == result.testsRun > 0:
        print("skipped:", result.skipped[0][1])
        sys.exit(77)
    # One that is skipped among others would go unseen.
    sys.exit(0 if result.wasSuccessful() and not result.skipped else 1)


class RetailTest(unittest.TestCase):
    """A test with a directory of its own, a seeded random source, and these checks."""

    maxDiff = 2000

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="retail_test.")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.random = random.Random(f"{OPTIONS.seed} {self.id()}")

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def check_repaired(self, path, place="work"):
        """What stood in the way is gone: `run` goes on, and nothing is lost."""
        self.run_retail([path], place=place)
        self.check_equals_reference([path], place=place)
        checked = self.check(place)
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)

    def sales(self, events):
        return generate(self.path("sales.ndjson"), ["--events", events, "--seed", OPTIONS.seed])

    def write(self, name, data):
        """Writes bytes, text or a list of lines (bytes or text) into the test's directory."""
        if isinstance(data, list):
            data = b"".join(as_bytes(line) + b"\n" for line in data)
        with open(self.path(name), "wb") as file:
            file.write(as_bytes(data))
        return self.path(name)

    def command(self, inputs, flags=(), place="work"):
        """`retail run` with state and output below `place`."""
        return [OPTIONS.retail, "run",
                *(part for path in inputs for part in ("--input", path)),
                "--state", self.path(place, "state"), "--state-store", OPTIONS.state_store,
                "--output", self.path(place, "output"), *flags]

    def run_retail(self, inputs, flags=(), place="work", code=0, says=None, **options):
        """Runs to the end; checks the exit code, that stderr has `says`, and stdout. The summary, or None."""
        done = execute(self.command(inputs, flags, place), **options)
        return self.check_done(done, code, says)

    def check_done(self, done, code=0, says=None):
        self.assertEqual(code, done.returncode, f"stderr: {done.stderr}\nstdout: {done.stdout[-500:]}")
        for word in [says] if isinstance(says, str) else says or []:
            self.assertIn(word.lower(), done.stderr.lower())
        if code != 0:
            self.assertEqual("", done.stdout)
            self.assertTrue(done.stderr.strip(), "an error without a word")
            return None
        lines = done.stdout.splitlines()
        self.assertEqual(1, len(lines), f"one line on stdout wanted, got {lines[:3]}")
        summary = DECODER.decode(lines[0])
        self.check_identity(summary)
        return summary

    def check_identity(self, s):
        self.assertEqual(s["records_in"], s["rejected"] + s["duplicates"] + s["processed"] +
                         s["refused"] + s["returns"])

    def check_refused(self, done, code, says):
        self.check_done(done, code, says)

    def check_lines(self, summary, place="work"):
        """The number of lines that each output file must have."""
        moved = summary["processed"] + summary["returns"]
        lines = {name: count_lines(self.output(name, place)) for name in FILES}
        self.assertEqual(moved, lines["facts"])
        self.assertEqual(summary["refused"], lines["failed"])
        self.assertEqual(summary["rejected"], lines["dead_letters"])
        self.assertEqual(moved + summary["refused"], lines["hot"] + lines["cold"])

    def output(self, name, place="work"):
        return self.path(place, "output", f"{name}.ndjson")

    def query(self, what, place="work", flags=()):
        done = execute([OPTIONS.retail, "query", "--state", self.path(place, "state"), what, *flags])
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def check(self, place="work"):
        """`retail check`, as it ended."""
        return execute([OPTIONS.retail, "check", "--state", self.path(place, "state"),
                        "--output", self.path(place, "output")])

    def judge(self, inputs, flags=(), place="reference"):
        """Runs the reference program into `place`; its summary."""
        os.makedirs(self.path(place), exist_ok=True)
        flags = [f if f != "--dedup-window" else "--dedup-window-s" for f in flags]
        done = execute([OPTIONS.reference, "--out", self.path(place), "--now",
                        str(int(time.time() * 1e6)),
                        *(part for path in inputs for part in ("--input", path)),
                        *(seconds(f) if flags[i - 1] == "--dedup-window-s" else f
                          for i, f in enumerate(flags))])
        self.assertEqual(0, done.returncode, done.stderr)
        return next(read_ndjson(self.path(place, "summary.ndjson")))

    def check_equals_reference(self, inputs, flags=(), place="work", reference="reference"):
        """Totals, queries and files of a finished run against the reference, row by row. The summary."""
        wanted = self.judge([i for i in inputs], [f for f in flags], reference)
        got = DECODER.decode(self.query("summary", place))
        self.assertEqual(wanted, got)
        self.assertEqual(list(wanted), list(got), "order of the fields")
        self.check_identity(got)
        self.check_lines(got, place)
        for what in QUERIES:
            rows = self.query(what, place).splitlines(keepends=True)
            self.check_rows(what, read_lines(self.path(reference, f"{what}.ndjson")), rows)
        for name in FILES:
            self.check_rows(name, read_lines(self.path(reference, f"{name}.ndjson")),
                            read_lines(self.output(name, place)))
        return got

    def check_rows(self, name, wanted, got):
        """Two iterators of lines: the same rows, in the same order, with their fields in the same order."""
        number = 0
        for number, (left, right) in enumerate(zip_all(wanted, got), 1):
            # Most are the same text but for the digits of their time; to decode them is most of a test's time.
            if left == right or None not in (left, right) and WHOLE_MILLIS.sub("", left) == right:
                continue
            left, right = (None if text is None else DECODER.decode(text) for text in (left, right))
            if right is not None and name == "dead_letters":
                self.assertEqual(["operator", "code", "message", "partition", "position", "length",
                                  "bytes"], list(right))
                self.assertTrue(right["operator"] and right["message"])
                right = {k: v for k, v in right.items() if k not in ("operator", "message")}
            if left != right or list(left) != list(right):
                left, right = normal(left), normal(right)
                self.assertEqual(left, right, f"{name}, row {number}")
                self.assertEqual(list(left), list(right), f"{name}, row {number}: order of the fields")


def as_bytes(data):
    return data if isinstance(data, bytes) else data.encode()


def execute(command, timeout=600, **options):
    """Runs a command to its end with its output kept as text."""
    options = {"stdin": subprocess.DEVNULL, **options} if "input" not in options else options
    return subprocess.run(command, timeout=timeout, text=True, errors="replace",
                          **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})


def zip_all(left, right):
    end = object()
    left, right = iter(left), iter(right)
    while True:
        a, b = next(left, end), next(right, end)
        if a is end and b is end:
            return
        yield (None if a is end else a), (None if b is end else b)


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        yield from file


def read_ndjson(path):
    return map(DECODER.decode, read_lines(path))


def count_lines(path):
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def normal(row):
    """A row with its times as microseconds and its price as a number: they may be written in several ways."""
    if row is None:
        return None
    row = dict(row)
    for name in ("timestamp", "lastUpdated"):
        if row.get(name) is not None:
            row[name] = micros(row[name])
    if "price" in row:
        row["price"] = decimal.Decimal(row["price"])
    return row


def micros(text):
    """Microseconds since 1970 of an RFC 3339 time in UTC, at most six digits after the point."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return int(at) * 1_000_000 + int((fraction + "000000")[:6])


def seconds(duration):
    """ "7d" as "604800"."""
    return str(int(duration[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[duration[-1]])


def event(number=1, **fields):
    """A sale event as a dict; a field given as None is left out."""
    sale = {"eventId": f"event-{number}", "retailerId": "acme-corp", "storeId": "NYC-042",
            "sku": "TSHIRT-001", "quantity": 2, "price": 24.99, "currency": "USD",
            "timestamp": "2025-11-28T14:23:45.000Z", "source": "pos-terminal-12", "schemaVersion": 3}
    return {k: v for k, v in {**sale, **fields}.items() if v is not None}


def line(number=1, **fields):
    return json.dumps(event(number, **fields), separators=(",", ":"))


def without_rates(summary):
    return {k: v for k, v in summary.items() if k not in RATES}


def generate(path, flags):
    """`retail generate` into a file."""
    with open(path, "wb") as file:
        done = subprocess.run([OPTIONS.retail, "generate", *map(str, flags)], stdout=file,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=600)
    assert done.returncode == 0, done.stderr
    return path


def letter_bytes(letter):
    return base64.b64decode(letter["bytes"], validate=True)


@contextlib.contextmanager
def running(command, **options):
    """A process that is killed at the end if it still runs."""
    process = subprocess.Popen(command, text=True, **{"stdin": subprocess.DEVNULL,
                                                      "stdout": subprocess.PIPE,
                                                      "stderr": subprocess.PIPE, **options})
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(condition, what, timeout=60):
    """Looks every few milliseconds until `condition()` is true."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s for {what}")
        time.sleep(0.005)
