"""State directories that are not as wanted are refused with exit code 3, and untouched by it."""

import os
import shutil

import harness
from harness import FILES, RetailTest, execute, generate, line, running, wait_until, without_rates


class StateTest(RetailTest):
    def setUp(self):
        super().setUp()
        self.sales = generate(self.path("sales.ndjson"), ["--events", 20000, "--seed",
                                                          self.random.randrange(1 << 31)])

    def refuse(self, flags=(), says=(), inputs=None, place="work"):
        self.run_retail(inputs or [self.sales], flags, place=place, code=3, says=says)

    def grow(self):
        """More sales at the end of the input."""
        more = generate(self.path("more"), ["--events", 5000, "--seed", self.random.randrange(1 << 31)])
        with open(self.sales, "ab") as file, open(more, "rb") as new:
            file.write(new.read())

    def check_goes_on(self, flags=()):
        """The next run takes what is new, and all is right."""
        self.grow()
        self.run_retail([self.sales], flags)
        self.check_equals_reference([self.sales], flags)


class FixedFlags(StateTest):
    def check_fixed(self, first, other, *values):
        before = self.run_retail([self.sales], first)
        self.refuse(other, values)
        after = self.run_retail([self.sales], first)
        self.assertEqual(without_rates(before), without_rates(after))
        self.check_equals_reference([self.sales], first)

    def test_initial_stock(self):
        self.check_fixed(["--initial-stock", "55"], ["--initial-stock", "66"], "55", "66", "initial-stock")

    def test_initial_stock_left_out_is_its_default(self):
        self.check_fixed(["--initial-stock", "55"], [], "55", "100", "initial-stock")

    def test_max_price(self):
        self.check_fixed(["--max-price", "77.5"], ["--max-price", "0"], "77.5", "0", "max-price")

    def test_returns(self):
        self.check_fixed(["--returns", "restock"], ["--returns", "reject"], "restock", "reject", "returns")

    def test_dedup_window(self):
        self.check_fixed(["--dedup-window", "48h"], ["--dedup-window", "24h"], "dedup-window")

    def test_format(self):
        self.check_fixed([], ["--format", "online-retail-csv"], "sale-json", "online-retail-csv", "format")

    def test_stock(self):
        first = self.write("a.csv", ["sku,storeId,quantity", "x,y,1"])
        other = self.write("b.csv", ["sku,storeId,quantity", "x,y,2"])
        self.check_fixed(["--stock", first], ["--stock", other], "stock")

    def test_stock_left_out(self):
        first = self.write("a.csv", ["sku,storeId,quantity", "x,y,1"])
        self.check_fixed(["--stock", first], [], "stock")

    def test_output_directory(self):
        self.run_retail([self.sales])
        command = self.command([self.sales])
        command[command.index("--output") + 1] = self.path("elsewhere")
        self.check_refused(execute(command), 3, [self.path("work", "output"), self.path("elsewhere")])
        self.check_goes_on()

    def test_equal_values_written_otherwise_are_the_same(self):
        self.run_retail([self.sales], ["--dedup-window", "7d", "--max-price", "10000"])
        self.run_retail([self.sales], ["--dedup-window", "168h", "--max-price", "10000.0"])


class OutputFiles(StateTest):
    def check_refused_and_repaired(self, name, damage):
        self.run_retail([self.sales])
        shutil.copyfile(self.output(name), self.path("backup"))
        damage(self.output(name))
        self.refuse(says=f"{name}.ndjson")
        shutil.copyfile(self.path("backup"), self.output(name))
        self.check_goes_on()

    def shorten(self, path):
        os.truncate(path, os.path.getsize(path) - 1)

    def test_each_missing_file_is_refused(self):
        self.run_retail([self.sales])
        for name in FILES:
            os.rename(self.output(name), self.path("away"))
            self.refuse(says=f"{name}.ndjson")
            os.rename(self.path("away"), self.output(name))
        self.check_goes_on()

    def test_facts_one_byte_shorter(self):
        self.check_refused_and_repaired("facts", self.shorten)

    def test_dead_letters_one_byte_shorter(self):
        self.check_refused_and_repaired("dead_letters", self.shorten)

    def test_empty_cold_file(self):
        self.check_refused_and_repaired("cold", lambda path: os.truncate(path, 0))

    def test_a_file_with_other_last_bytes(self):
        def damage(path):
            with open(path, "r+b") as file:
                file.seek(-20, os.SEEK_END)
                file.write(b"#")
        self.check_refused_and_repaired("cold", damage)

    def test_bytes_behind_the_commit_are_cut_off(self):
        self.run_retail([self.sales])
        with open(self.output("facts"), "ab") as file:
            file.write(b'{"eventId":"half a li')
        self.check_goes_on()

    def test_files_of_another_run_are_not_taken_over(self):
        self.run_retail([self.sales])
        command = self.command([self.sales])
        command[command.index("--state") + 1] = self.path("new_state")
        done = execute(command)
        self.assertIn(done.returncode, (1, 3), done.stderr)
        self.assertIn(self.path("work", "output"), done.stderr)
        self.check_goes_on()


class StateDirectory(StateTest):
    def test_two_processes_on_one_directory(self):
        with running(self.command([self.sales], ["--follow"])) as first:
            wait_until(lambda: '"records_in":20000,' in self.try_query(), "all records")
            self.refuse(says="state")
            first.terminate()
            out, err = first.communicate(timeout=60)
            self.assertEqual(0, first.returncode, err)
            self.assertEqual(20000, harness.DECODER.decode(out)["records_in"])
        self.check_goes_on()

    def try_query(self):
        done = execute([harness.OPTIONS.retail, "query", "--state", self.path("work", "state"), "summary"])
        return done.stdout

    def test_a_file_where_the_directory_is_wanted(self):
        os.mkdir(self.path("work"))
        self.write("work/state", b"not a directory")
        self.refuse(says="state")
        os.remove(self.path("work", "state"))
        self.check_goes_on()

    def test_a_directory_of_somebody_else(self):
        os.makedirs(self.path("work", "state"))
        self.write("work/state/letter.txt", b"mine")
        self.refuse(says="state")
        self.assertEqual(["letter.txt"], os.listdir(self.path("work", "state")))

    def test_a_database_of_somebody_else(self):
        os.makedirs(self.path("work", "state"))
        self.write("work/state/CURRENT", b"MANIFEST-000009\n")
        self.write("work/state/MANIFEST-000009", b"somebody else's")
        self.refuse(says="state")

    def state_files(self):
        return sorted(os.path.join(top, name) for top, _, names in os.walk(self.path("work", "state"))
                      for name in names if os.path.getsize(os.path.join(top, name)))

    def check_damaged(self, damage):
        """Each file of the state damaged alone: refused, or, where the bytes did not count, all is right."""
        self.run_retail([self.sales], ["--commit-interval", "5ms"])
        shutil.copytree(self.path("work"), self.path("backup"))
        self.grow()
        refused = 0
        for path in self.state_files():
            damage(path)
            done = execute(self.command([self.sales]))
            if done.returncode == 0:
                self.check_equals_reference([self.sales])
            else:
                self.check_refused(done, 3, "state")
                refused += 1
            shutil.rmtree(self.path("work"))
            shutil.copytree(self.path("backup"), self.path("work"))
        self.assertGreater(refused, 0)
        self.check_goes_on()

    def test_flipped_bytes(self):
        def flip(path):
            with open(path, "r+b") as file:
                data = bytearray(file.read())
                for _ in range(20):
                    data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
                file.seek(0)
                file.write(data)
        self.check_damaged(flip)

    def test_shortened_files(self):
        self.check_damaged(lambda path: os.truncate(path, os.path.getsize(path) // 2))

    def test_removed_files(self):
        self.check_damaged(os.remove)

    def test_query_of_a_state_that_is_not_there(self):
        done = execute([harness.OPTIONS.retail, "query", "--state", self.path("none"), "summary"])
        self.check_refused(done, 3, "none")
        self.assertFalse(os.path.exists(self.path("none")))

    def test_query_of_somebody_elses_directory(self):
        os.mkdir(self.path("theirs"))
        self.write("theirs/letter.txt", b"mine")
        done = execute([harness.OPTIONS.retail, "query", "--state", self.path("theirs"), "summary"])
        self.check_refused(done, 3, "theirs")
        self.assertEqual(["letter.txt"], os.listdir(self.path("theirs")))

    def test_a_query_changes_nothing(self):
        self.run_retail([self.sales])
        before = {path: os.stat(path).st_mtime_ns for path in self.state_files()}
        self.query("inventory")
        self.assertEqual(before, {path: os.stat(path).st_mtime_ns for path in self.state_files()})

    def test_an_empty_directory_is_taken(self):
        os.makedirs(self.path("work", "state"))
        path = self.write("one.ndjson", [line(1)])
        self.assertEqual(1, self.run_retail([path])["processed"])


if __name__ == "__main__":
    harness.main()
