"""Kills: `kill -9` many times over one input, then everything equals a clean run.

    kill_test.py --retail R --reference J [--seed S] [N, the number of kills, 50 unless told]

Where a kill falls: N points are drawn uniformly over the bytes that the clean run writes, between what its
first commit left and four fifths of them, so that no run ends before its kill. A kill waits until the files
reach its point, and then for a time drawn uniformly over 400 ms, two commits, so that it does not follow the
writes of a commit. What was still in memory is not seen afterwards; in 200 ms most of it is in the files.
"""

import filecmp
import itertools
import os
import signal
import time

import harness
from harness import FILES, QUERIES, RetailTest, execute, generate, without_rates

FLAGS = ["--commit-interval", "200ms", "--initial-stock", "20"]
UNDISTURBED = 0.2  # seconds a kill that the clean run must last
AT_ONCE = 500_000  # events of the first try; the input grows until the clean run lasts
MOST = 16_000_000


class Kills(RetailTest):
    def written(self, place="work"):
        """Bytes in the output files now."""
        total = 0
        for name in FILES:
            try:
                total += os.path.getsize(self.output(name, place))
            except FileNotFoundError:
                pass
        return total

    def sales(self, events):
        """Made-up sales with one a week too old behind each 997, so that two operators write dead letters."""
        made = generate(self.path("made"), ["--events", events, "--seed", harness.OPTIONS.seed])
        with open(made, "rb") as lines, open(self.path("sales.ndjson"), "wb") as file:
            for number in itertools.count():
                some = list(itertools.islice(lines, 997))
                if not some:
                    break
                file.writelines(some)
                old = harness.line(f"old-{number}", timestamp="2025-11-01T00:00:00Z")
                file.write(old.encode() + b"\n")
        os.remove(made)
        return self.path("sales.ndjson")

    def clean_run(self):
        """Grows the input until a run lasts; (input, summary, bytes after the first commit)."""
        events, lasted = AT_ONCE, 0.0
        undisturbed = UNDISTURBED * harness.OPTIONS.kills
        while lasted < undisturbed and events < MOST:
            if lasted:
                wanted = int(events * undisturbed * 1.3 / lasted)
                events = min(MOST, max(wanted, events * 5 // 4))
            path = self.sales(events)
            execute(["rm", "-rf", self.path("clean")])
            began = time.monotonic()
            with harness.running(self.command([path], FLAGS, "clean")) as process:
                harness.wait_until(lambda: self.written("clean") > 0 or process.poll() is not None,
                                   "the first commit")
                first = self.written("clean")
                out, err = process.communicate(timeout=600)
            self.assertEqual(0, process.returncode, err)
            lasted = time.monotonic() - began
            print(f"clean run: {events} events, {lasted:.1f} s", flush=True)
        self.assertGreaterEqual(lasted, undisturbed)
        return path, harness.DECODER.decode(out), first

    def kill_at(self, command, point):
        """Starts a run and kills it at `point`; what it said on stderr, and whether it was killed."""
        before = self.written()
        with harness.running(command) as process:
            pause = self.random.uniform(0, 0.400)
            # Not before it has written, or cut off, anything itself.
            while process.poll() is None and (self.written() < point or self.written() == before):
                time.sleep(0.001)
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
            _, err = process.communicate(timeout=60)
            self.assertIn(process.returncode, (0, -signal.SIGKILL), err)
            return process.returncode == -signal.SIGKILL

    def committed_lines(self):
        done = execute([harness.OPTIONS.retail, "query", "--state", self.path("work", "state"), "summary"])
        if done.returncode != 0:
            return None
        totals = harness.DECODER.decode(done.stdout)
        self.check_identity(totals)
        moved = totals["processed"] + totals["returns"]
        return {"facts": moved, "failed": totals["refused"], "dead_letters": totals["rejected"]}

    def has_uncommitted(self):
        """Whether a file holds more than the last commit covers; it must never hold less."""
        committed = self.committed_lines()
        self.assertIsNotNone(committed, "no state to query after a kill")
        found = False
        for name, lines in committed.items():
            size, seen = os.path.getsize(self.output(name)), harness.count_lines(self.output(name))
            self.assertGreaterEqual(seen, lines, f"{name}: fewer lines than committed")
            with open(self.output(name), "rb") as file:
                file.seek(max(0, size - 1))
                found |= seen > lines or file.read(1) not in (b"", b"\n")
        return found

    def test_killed_run_equals_a_clean_one(self):
        kills = harness.OPTIONS.kills
        path, clean, first = self.clean_run()
        end = self.written("clean")
        points = sorted(self.random.uniform(first, end * 0.8) for _ in range(kills))
        killed, uncommitted = 0, 0
        for number, point in enumerate(points, 1):
            if self.kill_at(self.command([path], FLAGS), point):
                killed += 1
                uncommitted += self.has_uncommitted()
            if number % 10 == 0:
                print(f"{number} kills, {uncommitted} found uncommitted work", flush=True)
        summary = self.run_retail([path], FLAGS)

        self.assertEqual(kills, killed, "a run ended before its kill")
        self.assertEqual(without_rates(clean), without_rates(summary))
        for what in (*QUERIES, "summary"):
            self.assertEqual(self.query(what, "clean"), self.query(what), what)
        for name in FILES:
            self.assertTrue(filecmp.cmp(self.output(name, "clean"), self.output(name), shallow=False),
                            f"{name} differs from the clean run")
        self.check_lines(summary)
        checked = self.check()
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)
        self.assertGreaterEqual(2 * uncommitted, kills,
                                f"only {uncommitted} of {kills} kills found uncommitted work")


if __name__ == "__main__":
    harness.main(kills=50)
