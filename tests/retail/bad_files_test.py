"""Files that are not as wanted: a clear error, and after the repair nothing is lost."""

import os
import resource

import harness
from harness import RetailTest, execute, line, without_rates


class BadInputs(RetailTest):
    def test_an_empty_file_has_no_records(self):
        summary = self.run_retail([self.write("sales.ndjson", b"")])
        self.assertEqual(0, summary["records_in"])
        self.assertEqual("0", summary["revenue"])
        self.check_lines(summary)

    def test_an_empty_csv_file_has_no_records(self):
        summary = self.run_retail([self.write("sales.csv", b"")], ["--format", "online-retail-csv"])
        self.assertEqual(0, summary["records_in"])

    def test_a_file_of_blank_lines_has_no_records(self):
        self.assertEqual(0, self.run_retail([self.write("sales.ndjson", b"\n\r\n\n")])["records_in"])

    def test_a_directory_is_an_error_that_names_it(self):
        os.mkdir(self.path("sales.ndjson"))
        self.run_retail([self.path("sales.ndjson")], code=1, says="sales.ndjson")
        os.rmdir(self.path("sales.ndjson"))
        path = self.write("sales.ndjson", [line(1)])
        self.run_retail([path])
        self.check_equals_reference([path])

    def test_a_missing_file_is_an_error_that_names_it(self):
        first = self.write("first.ndjson", [line(1)])
        missing = self.path("missing.ndjson")
        self.run_retail([first, missing], code=1, says="missing.ndjson")
        self.write("missing.ndjson", [line(2), line(1)])
        self.run_retail([first, missing])
        self.check_equals_reference([first, missing])

    def test_a_device_is_an_error_or_has_no_records(self):
        done = execute(self.command(["/dev/zero"]), timeout=60)
        self.check_refused(done, 1, "/dev/zero")

    def test_another_csv_header_is_an_error(self):
        path = self.write("sales.csv", ["a,b,c", "1,2,3"])
        self.run_retail([path], ["--format", "online-retail-csv"], code=1, says="header")

    def test_a_base_name_that_is_not_utf8_is_a_usage_error(self):
        for name in (b"sales\xff.ndjson", b"\xc0\xaf.ndjson", b"\xed\xa0\x80.ndjson", b"cut\xe2\x82"):
            path = self.write(os.fsdecode(name), [line(1)])
            done = execute(self.command([path]))
            self.check_refused(done, 2, "utf-8")
            self.assertFalse(os.path.exists(self.path("work")))

    def test_a_base_name_beyond_ascii_is_part_of_the_facts(self):
        os.mkdir(self.path(os.fsdecode(b"dir\xff")))
        path = self.write(os.fsdecode(b"dir\xff/") + "käufe \"€\" 😀.ndjson", [line(1)])
        self.run_retail([path])
        facts = list(harness.read_ndjson(self.output("facts")))
        self.assertEqual(["käufe \"€\" 😀.ndjson:0"], [fact["processingId"] for fact in facts])
        self.assertEqual(0, self.check().returncode)

    def test_a_file_given_twice_is_an_error(self):
        path = self.write("sales.ndjson", [line(1)])
        done = execute(self.command([path, path]))
        self.assertIn(done.returncode, (1, 2), done.stderr)
        self.assertIn("sales.ndjson", done.stderr)

    def test_a_known_file_that_became_shorter_is_an_error(self):
        lines = [line(i) for i in range(400)]
        path = self.write("sales.ndjson", lines)
        before = self.run_retail([path], ["--initial-stock", "1000"])
        self.write("sales.ndjson", lines[:200])
        done = execute(self.command([path], ["--initial-stock", "1000"]))
        self.assertIn(done.returncode, (1, 3), done.stderr)
        self.assertIn("sales.ndjson", done.stderr)
        self.write("sales.ndjson", lines)
        after = self.run_retail([path], ["--initial-stock", "1000"])
        self.assertEqual(without_rates(before), without_rates(after))

    def test_a_file_is_known_by_its_absolute_path(self):
        path = self.write("sales.ndjson", [line(1)])
        first = self.run_retail([path])
        second = self.run_retail(["./sales.ndjson"], says="nothing new", cwd=self.dir)
        self.assertEqual(without_rates(first), without_rates(second))

    def test_another_file_at_the_same_path_is_read_from_its_start(self):
        path = self.write("sales.ndjson", [line(1), line(2)])
        self.run_retail([path])
        self.write("sales.ndjson", [line(3, sku="other"), line(4), line(1)])
        summary = self.run_retail([path])
        self.assertEqual((5, 4, 1), tuple(summary[k] for k in ("records_in", "processed", "duplicates")))
        self.check_lines(summary)

    def test_a_last_line_without_lf_is_a_record_once(self):
        path = self.write("sales.ndjson", (line(1) + "\n" + line(2)).encode())
        self.assertEqual(2, self.run_retail([path])["processed"])
        with open(path, "ab") as file:
            file.write(("\n" + line(3) + "\n").encode())
        self.run_retail([path])
        self.check_equals_reference([path])


class SideFiles(RetailTest):
    def check_refused_flag(self, flags, says):
        path = self.write("sales.ndjson", [line(1)])
        done = execute(self.command([path], flags))
        self.assertIn(done.returncode, (1, 2), done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual("", done.stdout)
        self.assertEqual(1, self.run_retail([path])["processed"])

    def test_missing_stock_file(self):
        self.check_refused_flag(["--stock", self.path("none.csv")], "none.csv")

    def test_stock_file_without_numbers(self):
        stock = self.write("stock.csv", ["sku,storeId,quantity", "a,b,many"])
        self.check_refused_flag(["--stock", stock], "stock.csv")

    def test_stock_file_with_too_few_columns(self):
        stock = self.write("stock.csv", ["sku,storeId,quantity", "a,b"])
        self.check_refused_flag(["--stock", stock], "stock.csv")

    def test_missing_master_directory(self):
        self.check_refused_flag(["--master", self.path("none")], "none")

    def test_stock_file_gives_each_item_its_own_start(self):
        stock = self.write("stock.csv", ["sku,storeId,quantity", "TSHIRT-001,NYC-042,3",
                                         "never sold,NYC-042,5", '"a,""b""",NYC-042,2'])
        path = self.write("sales.ndjson", [line(1), line(2), line(3, sku='a,"b"'), line(4, sku="other")])
        summary = self.run_retail([path], ["--stock", stock])
        self.assertEqual((3, 1, 3), tuple(summary[k] for k in ("processed", "refused", "stock_items")))
        self.check_equals_reference([path], ["--stock", stock])


class BadOutputs(RetailTest):
    def test_a_file_where_the_output_directory_is_wanted(self):
        path = self.write("sales.ndjson", [line(1)])
        os.mkdir(self.path("work"))
        self.write("work/output", b"not a directory")
        done = execute(self.command([path]))
        self.assertIn(done.returncode, (1, 3), done.stderr)
        self.assertIn("output", done.stderr)
        os.remove(self.path("work", "output"))
        self.check_repaired(path)

    def test_a_directory_where_an_output_file_is_wanted(self):
        path = self.write("sales.ndjson", [line(1)])
        os.makedirs(self.output("hot"))
        done = execute(self.command([path]))
        self.assertIn(done.returncode, (1, 3), done.stderr)
        self.assertIn("hot.ndjson", done.stderr)
        os.rmdir(self.output("hot"))
        self.check_repaired(path)

    def test_a_limit_on_the_size_of_files(self):
        path = self.sales(400_000)  # facts of some 100 MB

        def limit():  # above what the state sets aside for a file, 64 MiB
            resource.setrlimit(resource.RLIMIT_FSIZE, (66 << 20, 66 << 20))
        # Python ignores SIGXFSZ, and so does the child when it restores no signals: write() says EFBIG.
        done = execute(self.command([path]), preexec_fn=limit, restore_signals=False)
        self.check_refused(done, 1, "large")
        self.check_repaired(path)


if __name__ == "__main__":
    harness.main()
