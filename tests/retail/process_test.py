"""The program as a process: its command line, signals, pipes, `--follow`, queries while it runs."""

import json
import os
import signal
import subprocess
import time

import harness
from harness import RetailTest, execute, generate, line, running, wait_until, without_rates


class CommandLine(RetailTest):
    def check_usage(self, *arguments, says=""):
        done = execute([harness.OPTIONS.retail, *arguments], cwd=self.dir, timeout=10)
        self.check_refused(done, 2, says)
        self.assertEqual([], os.listdir(self.dir), "a usage error made files")

    def test_no_command(self):
        self.check_usage()

    def test_an_unknown_command(self):
        self.check_usage("ruin")

    def test_an_unknown_flag(self):
        self.check_usage("run", "--inptu", "x", says="inptu")

    def test_flags_with_bad_values(self):
        for flag, value in (("--initial-stock", "-1"), ("--initial-stock", "many"), ("--returns", "maybe"),
                            ("--format", "xml"), ("--max-price", "-1"), ("--max-price", "x"),
                            ("--dedup-window", "soon"), ("--dedup-window", "-1h"),
                            ("--commit-interval", "x"), ("--initial-stock", "99999999999999999999")):
            with self.subTest(flag=flag, value=value):
                self.check_usage("run", "--input", "x", flag, value, says=flag.lstrip("-"))

    def test_generate_without_events(self):
        self.check_usage("generate", says="events")

    def test_generate_with_bad_values(self):
        for flag, value in (("--duplicates", "1.5"), ("--invalid", "-0.1"), ("--late", "x"),
                            ("--span", "long"), ("--seed", "x"), ("--events", "-5"), ("--events", "x")):
            with self.subTest(flag=flag, value=value):
                events = [] if flag == "--events" else ["--events", "10"]
                self.check_usage("generate", *events, flag, value, says=flag.lstrip("-"))

    def test_two_inputs_whose_line_numbers_would_be_taken_for_one(self):
        self.check_usage("run", "--format", "online-retail-csv", "--input", "x", "--input", "y",
                         says="one --input")

    def test_a_number_is_decimal_whatever_it_begins_with(self):
        self.check_usage("run", "--input", "x", "--initial-stock", "0x10", says="initial-stock")
        path = self.write("sales.ndjson", line(1, quantity=1))
        summary = self.run_retail([path], ["--initial-stock", "010"])
        self.assertEqual(9, summary["stock_on_hand"])

    def test_a_filter_that_the_rows_do_not_have(self):
        self.check_usage("query", "--state", "x", "daily-sales", "--store", "S", says="--store")
        self.check_usage("query", "--state", "x", "store-hour", "--sku", "S", says="--sku")
        self.check_usage("query", "--state", "x", "summary", "--sku", "S", says="--sku")

    def test_query_of_an_unknown_table(self):
        self.check_usage("query", "--state", "x", "everything")

    def test_query_and_check_look_into_the_default_directories(self):
        for arguments in (["query", "summary"], ["check"]):
            done = execute([harness.OPTIONS.retail, *arguments], cwd=self.dir)
            self.check_refused(done, 3, "retail-data")
        self.assertEqual([], os.listdir(self.dir))

    def test_help_is_no_error(self):
        done = execute([harness.OPTIONS.retail, "run", "--help"])
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("--dedup-window", done.stdout + done.stderr)

    def test_run_without_input_generates_a_million_events_once(self):
        first = execute([harness.OPTIONS.retail, "run"], cwd=self.dir)
        summary = self.check_done(first)
        self.assertEqual(1_000_000, summary["records_in"])
        self.assertEqual(["retail-data"], os.listdir(self.dir))
        second = execute([harness.OPTIONS.retail, "run"], cwd=self.dir)
        self.assertEqual(without_rates(summary), without_rates(self.check_done(second, says="nothing new")))


class Pipes(RetailTest):
    def sales(self, events=20000):
        return generate(self.path("sales.ndjson"), ["--events", events, "--seed",
                                                    self.random.randrange(1 << 31)])

    def test_standard_input_is_read_to_its_end(self):
        path = self.sales()
        with open(path, "rb") as file:
            summary = self.run_retail(["-"], says="again", stdin=file)
        self.assertEqual(self.judge([path]), without_rates(summary))
        self.check_lines(summary)

    def test_standard_input_comes_again_in_the_next_run(self):
        self.run_retail(["-"], input=line(1) + "\n" + line(2))
        summary = self.run_retail(["-"], input=line(3) + "\n" + line(1) + "\n")
        self.assertEqual((4, 3, 1), tuple(summary[k] for k in ("records_in", "processed", "duplicates")))
        ids = [fact["processingId"] for fact in harness.read_ndjson(self.output("facts"))]
        self.assertEqual(3, len(set(ids)), ids)

    def test_a_reader_that_is_gone_costs_only_the_line(self):
        path = self.sales()
        read, write = os.pipe()
        os.close(read)
        done = execute(self.command([path]), stdout=write)
        os.close(write)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("standard output", done.stderr)
        self.run_retail([path])
        self.check_equals_reference([path])

    def test_closed_standard_streams_do_not_reach_the_files(self):
        path = self.sales()
        execute(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *self.command([path])])
        self.run_retail([path])
        self.check_equals_reference([path])
        checked = self.check()
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)

    def test_a_full_standard_output_is_an_error(self):
        path = self.sales()
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = execute(self.command([path]), stdout=full)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("standard output", done.stderr)
        self.run_retail([path])
        self.check_equals_reference([path])

    def test_check_tells_that_its_line_could_not_be_written(self):
        path = self.write("sales.ndjson", line(1))
        self.run_retail([path])
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = execute([harness.OPTIONS.retail, "check", "--state", self.path("work", "state"),
                            "--output", self.path("work", "output")], stdout=full)
        self.assertEqual(1, done.returncode, done.stderr)

    def test_generate_ends_when_its_reader_is_gone(self):
        with running([harness.OPTIONS.retail, "generate", "--events", "1000000000"]) as process:
            self.assertTrue(json.loads(process.stdout.readline())["eventId"])
            process.stdout.close()
            process.wait(timeout=60)
            self.assertNotEqual(0, process.returncode)
            process.stdout = open(os.devnull, encoding="utf-8")

    def test_query_ends_when_its_reader_is_gone(self):
        path = self.sales()
        self.run_retail([path])
        done = execute(["sh", "-c", '"$1" query --state "$2" inventory | head -n 1', "sh",
                        harness.OPTIONS.retail, self.path("work", "state")], timeout=60)
        self.assertIn("sku", json.loads(done.stdout))


class Running(RetailTest):
    def records_in(self):
        done = execute([harness.OPTIONS.retail, "query", "--state", self.path("work", "state"), "summary"])
        return json.loads(done.stdout)["records_in"] if done.returncode == 0 else -1

    def wait_for(self, records, process):
        def reached():
            self.assertIsNone(process.poll(), "the run ended")
            return self.records_in() == records
        wait_until(reached, f"{records} records")

    def stop(self, process, by=signal.SIGTERM):
        process.send_signal(by)
        out, err = process.communicate(timeout=60)
        return self.check_done(subprocess.CompletedProcess([], process.returncode, out, err))

    def append(self, path, text):
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)

    def wait_for_output(self, process):
        """Until the first lines are written: seen at once, with no program to start."""
        def has_output():
            self.assertIsNone(process.poll(), "the run ended")
            return os.path.exists(self.output("facts")) and os.path.getsize(self.output("facts")) > 0
        wait_until(has_output, "the first lines")

    def check_stopped_in_the_middle(self, by):
        events = 300_000
        path = generate(self.path("sales.ndjson"), ["--events", events, "--seed",
                                                    self.random.randrange(1 << 31)])
        with running(self.command([path], ["--commit-interval", "10ms"])) as process:
            self.wait_for_output(process)
            summary = self.stop(process, by)
        self.assertLess(0, summary["records_in"])
        self.assertLess(summary["records_in"], events, "it ended before the signal")
        self.assertEqual(summary["records_in"], self.records_in())
        self.check_lines(summary)
        self.check_completed(path)

    def check_completed(self, path):
        """Another run ends with the reference's totals, and with files that agree with the state."""
        summary = self.run_retail([path])
        self.assertEqual(self.judge([path]), without_rates(summary))
        self.check_lines(summary)
        checked = self.check()
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)

    def test_sigterm_commits_and_ends_well(self):
        self.check_stopped_in_the_middle(signal.SIGTERM)

    def test_sigint_commits_and_ends_well(self):
        self.check_stopped_in_the_middle(signal.SIGINT)

    def test_any_number_of_signals_end_it_once(self):
        path = self.write("sales.ndjson", [line(1)])
        with running(self.command([path], ["--follow"])) as process:
            self.wait_for(1, process)
            while process.poll() is None:
                process.send_signal(signal.SIGTERM)
            self.assertEqual(0, process.returncode)

    def test_follow_takes_lines_as_they_come(self):
        path = self.write("sales.ndjson", [line(1)])
        with running(self.command([path], ["--follow"])) as process:
            self.wait_for(1, process)
            self.append(path, line(2) + "\n" + line(3) + "\n")
            self.wait_for(3, process)
            summary = self.stop(process)
        self.assertEqual(3, summary["processed"])
        self.check_equals_reference([path])

    def test_follow_waits_for_the_end_of_a_line(self):
        path = self.write("sales.ndjson", [line(1)])
        with running(self.command([path], ["--follow"])) as process:
            self.wait_for(1, process)
            self.append(path, line(2)[:50])
            time.sleep(0.5)  # time to make the mistake; without it the test passes too
            self.assertEqual(1, self.records_in())
            self.append(path, line(2)[50:] + "\n")
            self.wait_for(2, process)
            self.append(path, line(3))
            summary = self.stop(process)
        self.assertEqual(2, summary["processed"])
        self.run_retail([path])
        self.check_equals_reference([path])

    def test_follow_reads_a_rotated_file_to_its_end_and_then_the_new_one(self):
        path = self.write("sales.ndjson", [line(1)])
        with running(self.command([path], ["--follow"])) as process:
            self.wait_for(1, process)
            os.rename(path, path + ".1")
            self.append(path + ".1", line(2) + "\n")
            self.write("sales.ndjson", [line(3, sku="new"), line(4), line(1)])
            self.wait_for(5, process)
            self.append(path, line(5) + "\n")
            self.wait_for(6, process)
            summary = self.stop(process)
        self.assertEqual((5, 1), (summary["processed"], summary["duplicates"]))
        self.check_lines(summary)

    def test_what_an_exchanged_file_had_left_is_said_once(self):
        path = self.write("sales.ndjson", line(1) + "\n" + line(2)[:50])
        with running(self.command([path], ["--follow"])) as process:
            self.wait_for(1, process)
            self.stop(process)
        self.write("sales.ndjson", [line(3, sku="new")])
        said = [path, f"byte {len(line(1)) + 1} "]
        self.assertEqual(2, self.run_retail([path], says=said)["processed"])
        again = execute(self.command([path]))
        self.check_done(again, says="nothing new")
        self.assertNotIn("not read", again.stderr)

    def test_a_file_rotated_while_nobody_looked_is_read_to_its_end(self):
        path = self.write("sales.ndjson", [line(1)])
        with running(self.command([path], ["--follow"])) as process:
            self.wait_for(1, process)
            self.stop(process)
        self.append(path, line(2) + "\n")
        os.rename(path, path + ".1")
        self.write("sales.ndjson", [line(3, sku="new")])
        with running(self.command([path], ["--follow"])) as process:
            self.wait_for(3, process)
            self.assertEqual(3, self.stop(process)["processed"])

    def test_follow_of_standard_input_ends_with_it(self):
        summary = self.run_retail(["-"], ["--follow"], input=line(1) + "\n" + line(2) + "\n", timeout=60)
        self.assertEqual(2, summary["processed"])

    def test_a_signal_ends_a_run_that_waits_for_standard_input(self):
        with running(self.command(["-"]), stdin=subprocess.PIPE) as process:
            process.stdin.write(line(1) + "\n")
            process.stdin.flush()
            self.wait_for(1, process)
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            self.assertEqual(0, process.returncode)
        self.assertEqual(1, self.records_in())

    def test_queries_during_a_run_see_whole_commits(self):
        path = generate(self.path("sales.ndjson"), ["--events", 1_000_000, "--seed", 1])
        seen = []
        with running(self.command([path], ["--commit-interval", "5ms"])) as process:
            while process.poll() is None:
                done = execute([harness.OPTIONS.retail, "query", "--state", self.path("work", "state"),
                                "summary"])
                if done.returncode == 0:
                    seen.append(json.loads(done.stdout))
                    self.check_identity(seen[-1])
        counts = [totals["records_in"] for totals in seen]
        self.assertEqual(sorted(counts), counts)
        self.assertGreater(len(set(counts)), 2)

    def test_a_killed_run_goes_on_behind_its_last_commit(self):
        path = generate(self.path("sales.ndjson"), ["--events", 1_000_000, "--seed", 2])
        with running(self.command([path], ["--commit-interval", "5ms"])) as process:
            wait_until(lambda: self.records_in() > 0, "the first commit")
            process.kill()
            process.wait(timeout=60)
        self.assertLess(self.records_in(), 1_000_000, "it ended before the kill")
        self.check_completed(path)


if __name__ == "__main__":
    harness.main()
