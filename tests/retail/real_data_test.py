"""Real sales (UCI "Online Retail"): the published totals, and the reference program row by row."""

import lzma
import os
import shutil
import sys
import tempfile

import harness
from harness import QUERIES, RetailTest, without_rates

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(ROOT, "..", "shared", "data", "retail", "online_retail.csv.xz")
CSV = ["--format", "online-retail-csv"]
unpacked = None  # the directory of the CSV file


def setUpModule():
    global unpacked
    unpacked = tempfile.mkdtemp(prefix="retail_test.")
    with lzma.open(DATA) as packed, open(sales(), "wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)


def tearDownModule():
    shutil.rmtree(unpacked, ignore_errors=True)


def sales():
    return os.path.join(unpacked, "online_retail.csv")


class RealData(RetailTest):
    def check_totals(self, flags, **totals):
        """Runs with `flags`; these totals, the reference's rows, `retail check`."""
        summary = self.run_retail([sales()], CSV + flags)
        for name, value in totals.items():
            self.assertEqual(value, summary[name], name)
        judged = self.check_equals_reference([sales()], CSV + flags)
        self.assertEqual(judged, without_rates(summary))
        checked = self.check()
        self.assertEqual(0, checked.returncode, checked.stderr + checked.stdout)
        return summary

    def test_default_flags_give_the_published_totals(self):
        self.check_totals([], records_in=541909, rejected=10628, duplicates=0, processed=113785,
                          refused=417496, returns=0, units_sold=733681, units_returned=0,
                          revenue="1893643.334", stock_items=19680, stock_on_hand=1234319,
                          daily_sales_rows=87912, store_hour_rows=4302)

    def test_restocked_returns_give_the_published_totals(self):
        self.check_totals(["--returns", "restock"], records_in=541909, rejected=12,
                          processed=140553, returns=10616, refused=390728, units_sold=911110,
                          units_returned=484523, revenue="1539771.264", stock_items=19838,
                          stock_on_hand=1557213, daily_sales_rows=110533, store_hour_rows=4827)

    def test_no_price_limit_gives_the_published_totals(self):
        self.check_totals(["--max-price", "0"], rejected=10626, processed=113787,
                          revenue="1918246.724")

    def test_endless_stock_gives_the_published_totals(self):
        self.check_totals(["--initial-stock", "1000000000"], processed=531281, refused=0,
                          revenue="10642081.154", daily_sales_rows=276841)

    def test_other_flags_equal_the_reference(self):
        stock = self.write("stock.csv", ["sku,storeId,quantity", "85123A,United Kingdom,5000",
                                         "22423,United Kingdom,0", "84879,EIRE,1"])
        self.check_totals(["--initial-stock", "7", "--max-price", "4.25", "--returns", "restock",
                           "--stock", stock])

    def test_second_run_repeats_the_totals_and_says_that_nothing_is_new(self):
        first = self.run_retail([sales()], CSV)
        rows = {what: self.query(what) for what in QUERIES}
        second = self.run_retail([sales()], CSV, says="nothing new")
        self.assertEqual(without_rates(first), without_rates(second))
        self.assertEqual(rows, {what: self.query(what) for what in QUERIES})
        self.check_lines(second)


if __name__ == "__main__":
    if not os.path.exists(DATA):
        print(f"skipped: no {os.path.relpath(DATA, ROOT)}; see examples/retail/README.md for the data")
        sys.exit(77)
    harness.main()
