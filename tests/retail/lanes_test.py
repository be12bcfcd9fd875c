"""Several lanes: the results of one, over real and made-up sales, also after kills and with another number.

    lanes_test.py --retail R --reference J [--seed S] [N, the number of kills, 12 unless told]
"""

import collections
import json
import lzma
import os

import harness
from harness import FILES, QUERIES, RetailTest, generate, without_rates

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(ROOT, "..", "shared", "data", "retail", "online_retail.csv.xz")
EVENTS = 120000


def lanes(n):
    return ["--lanes", str(n)]


class Lanes(RetailTest):
    def lines(self, name, place):
        with open(self.output(name, place), "rb") as file:
            return file.readlines()

    def by_store(self, place):
        """The lines of facts.ndjson and failed.ndjson of each store, in their order."""
        stores = collections.defaultdict(list)
        for name in ("facts", "failed"):
            for line in self.lines(name, place):
                stores[name, json.loads(line)["storeId"]].append(line)
        return stores

    def check_same(self, place, summary):
        """`place` holds what the run on one lane has in "one"."""
        self.assertEqual(without_rates(self.one), without_rates(summary))
        for what in (*QUERIES, "summary"):
            self.assertEqual(self.query(what, "one"), self.query(what, place), what)
        for name in FILES:
            self.assertEqual(sorted(self.lines(name, "one")), sorted(self.lines(name, place)), name)
        self.assertEqual(self.by_store("one"), self.by_store(place))
        checked = self.check(place)
        self.assertEqual(0, checked.returncode, checked.stderr + checked.stdout)

    def run_each(self, inputs, flags=()):
        self.one = self.run_retail(inputs, flags, "one")
        for n in (2, 3, 7):
            with self.subTest(lanes=n):
                summary = self.run_retail(inputs, [*flags, *lanes(n)], f"lanes-{n}")
                self.check_same(f"lanes-{n}", summary)

    def made_up(self, events=EVENTS):
        return generate(self.path("sales.ndjson"), ["--events", events, "--seed", harness.OPTIONS.seed,
                                                    "--duplicates", "0.1", "--invalid", "0.05",
                                                    "--late", "0.05"])

    def test_made_up_sales_equal_one_lane(self):
        self.run_each([self.made_up()], ["--initial-stock", "12", "--dedup-window", "3h"])
        self.check_equals_reference([self.path("sales.ndjson")], ["--initial-stock", "12", "--dedup-window", "3h"],
                                    place="one")

    def test_frequent_commits_equal_one_lane(self):
        self.run_each([self.made_up()], ["--commit-interval", "1ms"])

    if os.path.exists(DATA):  # see examples/retail/README.md
        def test_real_sales_equal_one_lane(self):
            with lzma.open(DATA) as packed:
                path = self.write("online_retail.csv", packed.read())
            self.run_each([path], ["--format", "online-retail-csv", "--returns", "restock"])

    def test_state_goes_on_with_another_number_of_lanes(self):
        path = self.made_up()
        with open(path, "rb") as file:
            lines = file.readlines()
        self.one = self.run_retail([path], place="one")
        numbers = [1, 7, 1, 3, 2, 64, 5, 1]
        grown = self.path("work.ndjson")
        for i, n in enumerate(numbers):
            with open(grown, "ab") as file:
                file.write(b"".join(lines[len(lines) * i // len(numbers):len(lines) * (i + 1) // len(numbers)]))
            summary = self.run_retail([grown], lanes(n))
        # Its file has another name, which is in processingId and in the dead letters.
        self.assertEqual(without_rates(self.one), without_rates(summary))
        for what in (*QUERIES, "summary"):
            self.assertEqual(self.query(what, "one"), self.query(what), what)
        for name in FILES:
            renamed = sorted(line.replace(b"work.ndjson", b"sales.ndjson") for line in self.lines(name, "work"))
            self.assertEqual(sorted(self.lines(name, "one")), renamed, name)
        checked = self.check()
        self.assertEqual(0, checked.returncode, checked.stderr + checked.stdout)

    def test_killed_runs_equal_one_lane(self):
        path = self.made_up(400000)
        flags = ["--commit-interval", "5ms", "--initial-stock", "20"]
        self.one = self.run_retail([path], flags, "one")
        end = sum(os.path.getsize(self.output(name, "one")) for name in FILES)

        def written():
            return sum(os.path.getsize(self.output(name)) for name in FILES if os.path.exists(self.output(name)))
        killed, kills = 0, harness.OPTIONS.kills
        for kill in range(kills):
            with harness.running(self.command([path], [*flags, *lanes((2, 3, 7, 1)[kill % 4])])) as process:
                point = end * (kill + 1) / (kills + 1)
                harness.wait_until(lambda: written() >= point or process.poll() is not None, "the kill's point")
                process.kill()
                _, err = process.communicate(timeout=60)
                self.assertIn(process.returncode, (0, -9), err)
                killed += process.returncode == -9
        self.assertGreaterEqual(killed, kills // 2)
        self.check_same("work", self.run_retail([path], [*flags, *lanes(2)]))


class Usage(RetailTest):
    def test_a_number_that_is_none_is_refused(self):
        for wrong in ("0", "65", "-1", "two", ""):
            with self.subTest(wrong):
                self.run_retail([self.path("none")], lanes(wrong) if wrong else ["--lanes="], code=2, says="--lanes")


if __name__ == "__main__":
    harness.main(kills=12)
