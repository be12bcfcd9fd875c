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
        self.assertFalse(os.path.exists(self.path("elsewhere")))
        self.check_goes_on()

    def test_a_slash_behind_a_directory_is_the_same_directory(self):
        command = self.command([self.sales])
        for flag in ("--state", "--output"):
            command[command.index(flag) + 1] += "/"
        for _ in range(2):
            self.check_done(execute(command))
        self.run_retail([self.sales], says="nothing new")

    def test_a_relative_path_is_the_same_directory(self):
        command = self.command([self.sales])
        for flag, path in ("--state", "work/state"), ("--output", "work/output"):
            command[command.index(flag) + 1] = path
        self.check_done(execute(command, cwd=self.dir))
        self.run_retail([self.sales], says="nothing new")

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


class OutputDirectory(StateTest):
    """Two states, "one" and "two", and one output directory."""

    def run_state(self, state, inputs, flags=(), code=0, says=None):
        return self.check_done(execute(self.state_command(state, inputs, flags)), code, says)

    def state_command(self, state, inputs, flags=()):
        command = self.command(inputs, flags)
        command[command.index("--state") + 1] = self.path(state)
        return command

    def content(self):
        found = {}
        for name in FILES:
            with open(self.output(name), "rb") as file:
                found[name] = file.read()
        return found

    def test_another_state_is_refused_before_the_first_has_written(self):
        nothing = self.write("nothing.ndjson", b"")
        self.run_state("one", [nothing])
        self.run_state("two", [self.sales], code=3,
                       says=[self.path("one"), self.path("two"), self.path("work", "output")])
        self.run_state("one", [self.sales])
        self.assertGreater(len(self.content()["facts"]), 0)

    def test_a_state_that_wrote_nothing_does_not_cut_what_another_wrote(self):
        nothing = self.write("nothing.ndjson", b"")
        self.run_state("one", [nothing])
        shutil.rmtree(self.path("work", "output"))
        self.run_state("two", [self.sales])
        before = self.content()
        self.run_state("one", [self.sales], code=3,
                       says=[self.path("one"), self.path("two"), self.path("work", "output")])
        self.assertEqual(before, self.content())
        self.grow()
        self.run_state("two", [self.sales])

    def test_two_processes_with_two_states_on_one_directory(self):
        with running(self.state_command("one", [self.sales], ["--follow"])) as first:
            wait_until(lambda: os.path.exists(self.output("facts")), "the output")
            self.run_state("two", [self.sales], code=3, says=[self.path("work", "output"), "in use"])
            first.terminate()
            _, err = first.communicate(timeout=60)
            self.assertEqual(0, first.returncode, err)

    def test_a_state_that_was_begun_anew_takes_its_empty_directory(self):
        self.run_state("one", [self.write("nothing.ndjson", b"")])
        shutil.rmtree(self.path("one"))
        self.assertEqual(20000, self.run_state("one", [self.sales])["records_in"])

    def test_an_owner_cut_short_by_a_power_loss_is_written_anew(self):
        os.makedirs(self.path("work", "output"))
        self.write("work/output/OWNER", b"retail out")
        self.run_retail([self.sales])
        self.check_goes_on()

    def test_a_state_begun_anew_beside_old_output_changes_nothing(self):
        self.run_retail([self.sales])
        os.rename(self.path("work", "state"), self.path("away"))
        before = self.content()
        self.refuse(says=["facts.ndjson", "another run"])
        self.assertEqual(before, self.content())
        shutil.rmtree(self.path("work", "state"))
        os.rename(self.path("away"), self.path("work", "state"))
        self.check_goes_on()

    def test_a_moved_state_keeps_its_directory(self):
        self.run_state("one", [self.sales])
        os.rename(self.path("one"), self.path("moved"))
        self.grow()
        self.assertEqual(25000, self.run_state("moved", [self.sales])["records_in"])

    def test_a_removed_owner_is_refused_and_told_how_to_be_repaired(self):
        self.run_retail([self.sales])
        owner = self.path("work", "output", "OWNER")
        with open(owner, encoding="utf-8") as file:
            content = file.read()
        os.remove(owner)
        self.refuse(says=[owner, *content.splitlines()])
        self.write("work/output/OWNER", content)
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

    def test_a_state_goes_on_in_the_store_that_made_it(self):
        mine = harness.OPTIONS.state_store
        other = {"log": "rocksdb", "rocksdb": "log"}[mine]
        self.run_retail([self.sales])
        before = sorted(os.listdir(self.path("work", "state")))
        command = self.command([self.sales])
        command[command.index("--state-store") + 1] = other
        self.check_refused(execute(command), 3, "state")
        self.assertEqual(before, sorted(os.listdir(self.path("work", "state"))))
        self.grow()
        at = command.index("--state-store")
        self.check_done(execute(command[:at] + command[at + 2:]))
        self.check_equals_reference([self.sales])
        self.assertEqual(mine == "rocksdb", os.path.exists(self.path("work", "state", "CURRENT")))

    def test_an_empty_directory_is_taken(self):
        os.makedirs(self.path("work", "state"))
        path = self.write("one.ndjson", [line(1)])
        self.assertEqual(1, self.run_retail([path])["processed"])


if __name__ == "__main__":
    harness.main()
