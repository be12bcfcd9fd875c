"""Made-up sales: what `generate` promises, and that a run over them equals the reference."""

import collections
import filecmp
import json
import os

import harness
from harness import RetailTest, generate, read_ndjson, without_rates

EVENTS = 60000


class Generate(RetailTest):
    def generated(self, name, *flags, events=EVENTS):
        return generate(self.path(name), ["--events", events, *flags])

    def test_same_flags_give_the_same_bytes(self):
        first = self.generated("a.ndjson", "--seed", 7)
        second = self.generated("b.ndjson", "--seed", 7)
        self.assertTrue(filecmp.cmp(first, second, shallow=False))

    def test_another_seed_gives_other_bytes(self):
        first = self.generated("a.ndjson", "--seed", 7)
        second = self.generated("b.ndjson", "--seed", 8)
        self.assertFalse(filecmp.cmp(first, second, shallow=False))

    def test_events_is_the_number_of_lines(self):
        path = self.generated("a.ndjson", events=12345)
        self.assertEqual(12345, harness.count_lines(path))

    def test_duplicates_are_byte_copies_of_one_of_the_last_ten_thousand_lines(self):
        path = self.generated("a.ndjson", "--duplicates", "0.05", "--invalid", 0, "--late", 0)
        last, copies = {}, 0
        with open(path, "rb") as file:
            for number, text in enumerate(file):
                if text in last:
                    copies += 1
                    self.assertLessEqual(number - last[text], 10000)
                last[text] = number
        # Five standard deviations of a binomial of 60,000 at 0.05.
        self.assertAlmostEqual(EVENTS * 0.05, copies, delta=5 * (EVENTS * 0.05 * 0.95) ** 0.5)
        ids = [json.loads(text)["eventId"] for text in last]
        self.assertEqual(len(ids), len(set(ids)), "an id of two different sales")

    def test_without_faults_every_sale_is_valid_and_new(self):
        path = self.generated("a.ndjson", "--duplicates", 0, "--invalid", 0, "--late", 0)
        summary = self.run_retail([path])
        self.assertEqual((EVENTS, 0, 0), tuple(summary[k] for k in ("records_in", "rejected", "duplicates")))

    def test_sales_are_of_the_shops_that_the_contract_names(self):
        path = self.generated("a.ndjson", "--duplicates", 0, "--invalid", 0, "--late", 0)
        retailer_of, units, skus, times = {}, set(), collections.Counter(), []
        for sale in read_ndjson(path):
            retailer_of.setdefault(sale["storeId"], set()).add(sale["retailerId"])
            units.add(sale["quantity"])
            skus[sale["sku"]] += 1
            times.append(harness.micros(sale["timestamp"]))
            self.assertEqual("USD", sale["currency"])
        self.assertEqual(1000, len(retailer_of))
        self.assertTrue(all(len(r) == 1 for r in retailer_of.values()))
        stores = collections.Counter(next(iter(r)) for r in retailer_of.values())
        self.assertEqual({6: 100, 5: 80}, dict(collections.Counter(stores.values())))
        self.assertEqual({1, 2, 3, 4, 5}, units)
        self.assertEqual(sorted(times), times)
        start = harness.micros("2025-11-28T00:00:00Z")
        self.assertGreaterEqual(times[0], start)
        self.assertLessEqual(times[-1], start + 86400 * 1_000_000)
        # Zipf 1.0 over 50,000: the first has 1 / H(50,000) = 8.8 % of the sales, the second half of it.
        (_, first), (_, second) = skus.most_common(2)
        self.assertAlmostEqual(0.0877, first / EVENTS, delta=0.01)
        self.assertAlmostEqual(0.0439, second / EVENTS, delta=0.01)

    def test_late_sales_are_at_most_an_hour_back(self):
        path = self.generated("a.ndjson", "--duplicates", 0, "--invalid", 0, "--late", "0.1")
        newest, late = 0, 0
        for sale in read_ndjson(path):
            at = harness.micros(sale["timestamp"])
            late += at < newest
            self.assertGreaterEqual(at, newest - 3600 * 1_000_000)
            newest = max(newest, at)
        # Some late ones may still be the newest: at least half of them must be seen.
        self.assertGreater(late, EVENTS * 0.05)
        self.assertLess(late, EVENTS * 0.12)

    def test_invalid_lines_are_all_rejected_and_none_else(self):
        path = self.generated("a.ndjson", "--duplicates", 0, "--invalid", "0.1", "--late", 0)
        summary = self.run_retail([path])
        expected = EVENTS * 0.1
        self.assertAlmostEqual(expected, summary["rejected"], delta=5 * (expected * 0.9) ** 0.5)
        reasons = collections.Counter((letter["operator"], letter["message"].split(":")[0])
                                      for letter in read_ndjson(self.output("dead_letters")))
        self.assertGreaterEqual(len(reasons), 5, reasons)

    def test_span_is_the_time_between_first_and_last(self):
        path = self.generated("a.ndjson", "--span", "240h", "--late", 0, "--invalid", 0)
        times = [harness.micros(sale["timestamp"]) for sale in read_ndjson(path)]
        self.assertAlmostEqual(240 * 3600e6, max(times) - min(times), delta=3600e6)


class RunOnGenerated(RetailTest):
    def check_run(self, generated, flags=(), master=False, events=EVENTS):
        if master:
            generated = [*generated, "--master", self.path("master")]
            flags = [*flags, "--master", self.path("master")]
        generated = ["--events", events, "--seed", self.random.randrange(1 << 31), *generated]
        path = generate(self.path("sales.ndjson"), generated)
        summary = self.run_retail([path], flags)
        judged = self.check_equals_reference([path], flags)
        self.assertEqual(judged, without_rates(summary))
        checked = self.check()
        self.assertEqual(0, checked.returncode, checked.stderr + checked.stdout)
        return summary

    def test_default_faults_equal_the_reference(self):
        summary = self.check_run([])
        for name in ("rejected", "duplicates", "processed"):
            self.assertGreater(summary[name], 0, name)

    def test_many_faults_and_little_stock_equal_the_reference(self):
        summary = self.check_run(["--duplicates", "0.3", "--invalid", "0.2", "--late", "0.2"],
                                 ["--initial-stock", "3"])
        self.assertGreater(summary["refused"], 0)

    def test_master_data_equals_the_reference(self):
        self.check_run([], master=True)
        regions = {fact["region"] for fact in read_ndjson(self.output("facts"))}
        self.assertGreater(len(regions), 1)

    def test_late_sales_beyond_a_short_window_equal_the_reference(self):
        summary = self.check_run(["--duplicates", "0.2", "--late", "0.2", "--span", "2400h"],
                                 ["--dedup-window", "8m"])
        codes = collections.Counter(letter["code"] for letter in read_ndjson(self.output("dead_letters")))
        self.assertIn("INVALID_ARGUMENT", codes)
        self.assertGreater(summary["duplicates"], 0)

    def test_window_shorter_than_the_lateness_of_copies_equals_the_reference(self):
        # A sale in 36 s: the last 10,000 lines are 100 h, so that copies come beyond the window of 16 h.
        self.check_run(["--duplicates", "0.3", "--span", "600h"], ["--dedup-window", "16h"])
        codes = {letter["code"] for letter in read_ndjson(self.output("dead_letters"))}
        self.assertEqual({"INVALID_ARGUMENT", "OUT_OF_RANGE"}, codes)

    def test_unknown_master_rows_become_unknown(self):
        os.mkdir(self.path("master"))
        self.write("master/stores.csv", ["storeId,region", "NYC-042,east"])
        self.write("master/products.csv", ["sku,category"])
        sales = self.write("sales.ndjson", [harness.line(1), harness.line(2, storeId="LAX-001")])
        flags = ["--master", self.path("master")]
        self.run_retail([sales], flags)
        self.check_equals_reference([sales], flags)
        self.assertEqual([("east", "unknown"), ("unknown", "unknown")],
                         [(f["region"], f["category"]) for f in read_ndjson(self.output("facts"))])

    def test_input_in_two_runs_equals_the_reference_over_both(self):
        path = generate(self.path("all.ndjson"), ["--events", EVENTS, "--duplicates", "0.2"])
        with open(path, "rb") as file:
            lines = file.readlines()
        grown = self.write("sales.ndjson", b"".join(lines[:EVENTS // 3]))
        self.run_retail([grown])
        with open(grown, "ab") as file:
            file.write(b"".join(lines[EVENTS // 3:]))
        self.run_retail([grown])
        self.check_equals_reference([grown])

    def test_two_inputs_equal_the_reference_over_both(self):
        inputs = [generate(self.path(f"{name}.ndjson"), ["--events", 20000, "--seed", seed])
                  for seed, name in enumerate("ab", 1)]
        self.run_retail(inputs)
        self.check_equals_reference(inputs)

    def test_commit_interval_does_not_change_the_results(self):
        path = generate(self.path("sales.ndjson"), ["--events", EVENTS])
        self.run_retail([path], ["--commit-interval", "5ms"])
        self.check_equals_reference([path])

    def test_query_flags_select_rows(self):
        path = generate(self.path("sales.ndjson"), ["--events", 5000])
        self.run_retail([path])
        rows = [json.loads(text) for text in self.query("inventory").splitlines()]
        chosen = self.random.choice(rows)
        sku, store = chosen["sku"], chosen["storeId"]
        picked = [json.loads(text) for text in
                  self.query("inventory", flags=["--sku", sku]).splitlines()]
        self.assertEqual([row for row in rows if row["sku"] == sku], picked)
        both = self.query("inventory", flags=["--sku", sku, "--store", store]).splitlines()
        self.assertEqual([chosen], [json.loads(text) for text in both])
        hours = [json.loads(text) for text in self.query("store-hour").splitlines()]
        of_store = self.query("store-hour", flags=["--store", store]).splitlines()
        self.assertEqual([row for row in hours if row["storeId"] == store],
                         [json.loads(text) for text in of_store])


if __name__ == "__main__":
    harness.main()
