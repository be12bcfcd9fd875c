"""`retail check` agrees after a run, and names the first difference for each corruption planted."""

import json
import os
import re
import shutil

import harness
from harness import RetailTest, execute, generate


class Check(RetailTest):
    def setUp(self):
        super().setUp()
        path = generate(self.path("sales.ndjson"), ["--events", 60000, "--duplicates", "0.1",
                                                    "--seed", self.random.randrange(1 << 31)])
        self.run_retail([path], ["--initial-stock", "12"])

    def lines(self, name):
        with open(self.output(name), "rb") as file:
            return file.readlines()

    def plant(self, name, change):
        """Rewrites the file with `change(lines, i)` applied, i a drawn line."""
        lines = self.lines(name)
        drawn = self.random.randrange(len(lines) - 1)
        changed = change(lines, drawn)
        with open(self.output(name), "wb") as file:
            file.writelines(changed)
        return lines[drawn]

    def processing_id(self, line):
        return re.search(rb'"processingId":"([^"]*)"', line)[1].decode()

    def keys(self, line):
        """The sku and the store of a fact: a wrong amount shows in their rows."""
        fact = json.loads(line)
        return fact["sku"], fact["storeId"]

    def check_found(self, *words):
        """Exit 1, and what it says has one of `words`: a file, or the record that differs."""
        done = self.check()
        said = done.stdout + done.stderr
        self.assertEqual(1, done.returncode, said)
        self.assertTrue(any(word in said for word in words), f"{said}\nhas none of {words}")

    def test_untouched_files_agree(self):
        done = self.check()
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_a_removed_fact_is_found(self):
        removed = self.plant("facts", lambda lines, i: lines[:i] + lines[i + 1:])
        self.check_found("facts", self.processing_id(removed))

    def test_a_changed_quantity_is_found(self):
        def change(lines, i):
            quantity = int(re.search(rb'"quantity":(\d+)', lines[i])[1])
            other = b'"quantity":%d' % (quantity % 5 + 1)
            return lines[:i] + [re.sub(rb'"quantity":\d+', other, lines[i])] + lines[i + 1:]
        changed = self.plant("facts", change)
        self.check_found("facts", self.processing_id(changed))

    def test_a_changed_price_is_found_in_the_daily_sales(self):
        changed = None

        def cheapen(line):
            quantity = int(re.search(rb'"quantity":(\d+)', line)[1])
            line = re.sub(rb'"price":[\d.]+', b'"price":0.01', line)
            return re.sub(rb'"amount":"[\d.]+"', b'"amount":"0.0%d"' % quantity, line)

        def change(lines, i):
            nonlocal changed
            # As long as before, for what is behind the committed length is not read: a price such
            # as 5 has no room for 0.01.
            while len(cheapen(lines[i])) > len(lines[i]):
                i = (i + 1) % len(lines)
            changed = lines[i]
            line = cheapen(changed)
            padding = b'"source":"' + b"x" * (len(changed) - len(line))
            return lines[:i] + [line.replace(b'"source":"', padding)] + lines[i + 1:]
        self.plant("facts", change)
        self.check_found("daily-sales", *self.keys(changed))

    def test_a_line_moved_from_hot_to_cold_is_found(self):
        moved = self.plant("hot", lambda lines, i: lines[:i] + lines[i + 1:])
        with open(self.output("cold"), "ab") as file:
            file.write(moved)
        self.check_found(self.processing_id(moved), "hot", "cold")

    def test_a_hot_line_rewritten_as_a_cold_one_is_found(self):
        moved = self.plant("hot", lambda lines, i: lines[:i] + lines[i + 1:])
        event = re.search(rb'"eventId":"([^"]*)"', moved)[1]
        with open(self.output("cold"), "ab") as file:
            file.write(b'{"eventId":"%s","processingId":"%s"}\n'
                       % (event, self.processing_id(moved).encode()))
        self.check_found(self.processing_id(moved), "hot", "cold")

    def test_a_removed_dead_letter_is_found(self):
        self.plant("dead_letters", lambda lines, i: lines[:i] + lines[i + 1:])
        self.check_found("dead_letters")

    # At the end of a file, so that it is not shorter than committed.
    FILLER = b" " * 100_000

    def plant_letter(self, change, *words):
        """Rewrites a drawn letter with `change(letter)`."""
        def rewritten(lines, i):
            letter = json.loads(lines[i])
            change(letter)
            return lines[:i] + [json.dumps(letter, separators=(",", ":")).encode() + b"\n"] + lines[i + 1:]
        self.plant("dead_letters", lambda lines, i: rewritten(lines, i) + [self.FILLER])
        self.check_found(*words)

    def test_a_dead_letter_without_a_field_is_found(self):
        for name in ("operator", "code", "message", "partition", "position", "length", "bytes"):
            with self.subTest(name):
                before = self.lines("dead_letters")
                self.plant_letter(lambda letter, field=name: letter.pop(field), f"'{name}'", name + ":")
                with open(self.output("dead_letters"), "wb") as file:
                    file.writelines(before)

    def test_a_dead_letter_that_is_no_json_is_found(self):
        self.plant("dead_letters", lambda lines, i: lines[:i] + [b"{" + lines[i][2:-2] + b" }\n"] + lines[i + 1:])
        self.check_found("dead_letters")

    def test_a_dead_letter_with_a_code_that_is_none_is_found(self):
        self.plant_letter(lambda letter: letter.update(code="OK"), "code")

    def test_a_dead_letter_of_an_unknown_input_is_found(self):
        self.plant_letter(lambda letter: letter.update(partition="other.ndjson"), "other.ndjson")

    def test_a_dead_letter_with_another_length_is_found(self):
        self.plant_letter(lambda letter: letter.update(length=letter["length"] + 1), "length")

    def test_a_dead_letter_with_fewer_bytes_is_found(self):
        self.plant_letter(lambda letter: letter.update(bytes=letter["bytes"][4:]), "length")

    def test_a_dead_letter_whose_bytes_are_no_base64_is_found(self):
        self.plant_letter(lambda letter: letter.update(bytes="?" + letter["bytes"][1:]), "base64")

    def test_a_dead_letter_that_stands_for_another_is_found(self):
        self.plant("dead_letters", lambda lines, i: lines[:i] + [lines[i + 1]] + lines[i + 1:] + [self.FILLER])
        self.check_found("twice")

    def test_dead_letters_at_the_same_place_of_exchanged_files_agree(self):
        for text in "no sale", "none either", "nor this":
            self.run_retail([self.write("daily.ndjson", [text])], place="daily")
        done = self.check("daily")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_a_long_dead_letter_agrees(self):
        path = self.write("long.ndjson", ["x" * 64 * 1024, "y" * (64 * 1024 + 1), "z" * 3_000_000])
        self.run_retail([path], place="long")
        done = self.check("long")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_a_doubled_processing_id_is_found(self):
        doubled = self.plant("facts", lambda lines, i: lines[:i + 1] + [lines[i]] + lines[i + 1:])
        self.check_found("facts", self.processing_id(doubled))

    def test_a_processing_id_given_to_another_sale_is_found(self):
        other = None

        def change(lines, i):
            nonlocal other
            other = self.processing_id(lines[i + 1])
            return lines[:i] + [re.sub(rb'"processingId":"[^"]*"', b'"processingId":"%s"' % other.encode(),
                                       lines[i])] + lines[i + 1:]
        changed = self.plant("facts", change)
        self.check_found("facts", self.processing_id(changed), other)

    def test_a_refusal_made_a_sale_is_found(self):
        moved = self.plant("failed", lambda lines, i: lines[:i] + lines[i + 1:])
        with open(self.output("facts"), "ab") as file:
            file.write(re.sub(rb'"quantityOnHand":\d+,"quantityReserved":\d+,', b"", moved))
        self.check_found(self.processing_id(moved), "facts", "failed")

    def test_a_line_that_is_no_json_is_found(self):
        self.plant("cold", lambda lines, i: lines[:i] + [lines[i][:5] + b"\n"] + lines[i + 1:])
        self.check_found("cold")

    def test_the_state_of_another_run_is_found(self):
        other = generate(self.path("other.ndjson"), ["--events", 20000, "--seed", 99999])
        self.run_retail([other], ["--initial-stock", "3"], place="other")
        shutil.rmtree(self.path("work", "state"))
        shutil.copytree(self.path("other", "state"), self.path("work", "state"))
        done = self.check()
        self.assertIn(done.returncode, (1, 3), done.stdout + done.stderr)
        self.assertTrue(done.stdout + done.stderr)

    def test_a_missing_file_is_found(self):
        os.remove(self.output("hot"))
        done = self.check()
        self.assertIn(done.returncode, (1, 3), done.stdout + done.stderr)
        self.assertIn("hot.ndjson", done.stdout + done.stderr)

    def test_check_changes_nothing(self):
        def stamps():
            found = {}
            for top, _, names in os.walk(self.path("work", "output")):
                found.update({name: os.stat(os.path.join(top, name)).st_mtime_ns for name in names})
            return found
        before = stamps()
        self.check()
        self.assertEqual(before, stamps())


class CheckUsage(RetailTest):
    def test_a_state_that_is_not_there_is_refused(self):
        done = execute([harness.OPTIONS.retail, "check", "--state", self.path("none"), "--output", self.dir])
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertIn("none", done.stderr)


if __name__ == "__main__":
    harness.main()
