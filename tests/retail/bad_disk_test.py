"""Disks that are full or read-only: a clear error, and after the repair nothing is lost.

Each on a small tmpfs of its own: skipped where it cannot be mounted, which takes root.
"""

import os
import subprocess
import unittest

import harness
from harness import RetailTest, execute, line


class BadDisks(RetailTest):
    def mount(self, name, options):
        """A tmpfs of its own at `name`, or a skip."""
        os.makedirs(self.path(name), exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.path(name)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise unittest.SkipTest(f"cannot mount here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.path(name)], check=True)

    def remount(self, name, options):
        subprocess.run(["mount", "-o", "remount," + options, self.path(name)], check=True)

    def test_a_read_only_output_disk(self):
        path = self.write("sales.ndjson", [line(1)])
        self.mount("work/output", "size=16m,ro")
        done = execute(self.command([path]))
        self.assertIn(done.returncode, (1, 3), done.stderr)
        self.assertIn("read-only", done.stderr.lower())
        self.remount("work/output", "size=16m,rw")
        self.check_repaired(path)

    def test_a_read_only_state_disk(self):
        path = self.write("sales.ndjson", [line(1)])
        self.mount("work/state", "size=256m,ro,mode=700")
        done = execute(self.command([path]))
        self.assertIn(done.returncode, (1, 3), done.stderr)
        self.assertIn("state", done.stderr)
        self.remount("work/state", "size=256m,rw")
        self.check_repaired(path)

    def test_a_full_output_disk(self):
        path = self.sales(200_000)
        self.mount("work/output", "size=12m")
        self.run_retail([path], ["--commit-interval", "20ms"], code=1, says="space")
        self.run_retail([path], ["--commit-interval", "20ms"], code=1, says="space")
        self.remount("work/output", "size=1g")
        self.check_repaired(path)

    def test_a_full_state_disk(self):
        path = self.sales(200_000)
        self.mount("work/state", "size=8m,mode=700")
        done = execute(self.command([path], ["--commit-interval", "20ms"]))
        self.assertIn(done.returncode, (1, 3), done.stderr)
        self.assertIn("space", done.stderr.lower())
        self.remount("work/state", "size=1g")
        self.check_repaired(path)


if __name__ == "__main__":
    harness.main()
