# SPDX-License-Identifier: BSD-2-Clause
"""The live view on a real terminal (tmux): keys go in, the screen comes out, and its figures are the record's."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import records
from nmgen_process import NMGEN, ROOT, TIMEOUT_S, NmgenTest, scenario

RATE = 50000


class Screen:
    """A terminal of its own: a tmux server that nobody else talks to."""

    def __init__(self, test, width, height, environment):
        self.test = test
        # A new one each time: a server that is told to end is still there for a moment.
        self.socket = os.path.join(tempfile.mkdtemp(dir=test.directory), "tmux")
        variables = {key: value for key, value in os.environ.items() if key not in ("TMUX", "NO_COLOR")}
        variables.update({"LC_ALL": "C.UTF-8", "SHELL": "/bin/sh", "PS1": "$ ", "ENV": ""})
        variables.update(environment)
        self.environment = variables
        test.addCleanup(self.tmux, "kill-server", check=False)
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), "/bin/sh")
        self.wait(r"(?m)^[$#]")

    def tmux(self, *arguments, check=True):
        return subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *arguments], env=self.environment,
                              capture_output=True, text=True, timeout=TIMEOUT_S, check=check).stdout

    def type(self, line):
        """Once the shell is ready: what is typed before its prompt puts the answer behind the prompt."""
        self.wait(r"(?m)^[$#]\s*\Z")
        self.tmux("send-keys", "-l", line)
        self.keys("Enter")

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def text(self):
        return self.tmux("capture-pane", "-p")

    def wait(self, pattern):
        """The screen, once it matches. There is no other clock than that of a test that hangs."""
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            text = self.text()
            if re.search(pattern, text):
                return text
            time.sleep(0.1)
        self.test.fail(f"the screen never showed {pattern!r} but\n{self.text()}")
        return ""

    def is_whole(self):
        """The alternate screen is left, the cursor is there, and what is typed is seen."""
        state = self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}").split()
        self.test.assertEqual(state, ["0", "1"])
        self.type("stty -a | grep -c ' echo ' | sed s/^/echo:/")
        self.wait(r"(?m)^echo:1")
        self.type("stty -a | grep -c ' icanon ' | sed s/^/icanon:/")
        self.wait(r"(?m)^icanon:1")


class Live(NmgenTest):
    def setUp(self):
        super().setUp()
        if shutil.which("tmux") is None:
            self.skipTest("tmux is not installed: scripts/test installs it")

    def screen(self, width=80, height=24, **environment):
        return Screen(self, width, height, environment)

    def command(self, *more):
        return " ".join([NMGEN, "run", scenario("64b-10g"), "--duration", "3600", "--set", "warmup_s=0.1",
                         "--set", f"senders.0.rate.pps={RATE}", "--live", "--out", self.path("r.json"), *more])

    def started(self, *more, **environment):
        screen = self.screen(**environment)
        screen.type(self.command(*more) + "; echo code:$?")
        screen.wait(r"measuring [2-9]")
        return screen

    def ended(self, screen):
        """Record and exit code, after the view has gone."""
        code = int(re.search(r"code:(\d+)", screen.wait(r"(?m)^code:\d+")).group(1))
        record = records.read(self.path("r.json"))
        records.check(self, record, code)
        return record

    def pid(self, screen):
        return int(re.search(r"process (\d+)", screen.text()).group(1))

    def test_keys_and_figures(self):
        screen = self.started()
        main = screen.wait(r"latency +p50")
        self.assertIn("a result of the model, not of a NIC", main)
        self.assertRegex(main, r"(?m)^sim:left sends +\d")
        self.assertRegex(main, r"(?m)^  rx0 ring 0 +\d")
        self.assertRegex(main, "[▁▂▃▄▅▆▇█]")
        screen.keys("w")
        workers = screen.wait(r"worker +ms +gap ms")
        frames = {name: int(count.replace(",", "")) for name, count in
                  re.findall(r"(?m)^(tx0|rx0) +sim:\S+ +\d+ +\d+ +([\d,]+) ", workers)}
        cores = dict(re.findall(r"(?m)^(tx0|rx0) +sim:\S+ +\d+ +(\d+) ", workers))
        seconds = float(re.search(r"measuring ([\d.]+) of", workers).group(1))
        screen.keys("u")
        screen.wait(r"worker +port[^\n]* [kM]bit/s ")
        screen.keys("s")
        screen.wait(r"(?m)^tx0 +udp +64 +1 +100\.00 ")
        screen.keys("?")
        screen.wait("stop the run in order")
        screen.keys("m")
        screen.wait(r"sent, [kM]bit/s")
        screen.keys("Space")
        paused = screen.wait("PAUSED")
        time.sleep(1)
        self.assertEqual(re.search(r"measuring [\d.]+", paused).group(),
                         re.search(r"measuring [\d.]+", screen.text()).group())
        screen.keys("Space")
        screen.keys("q")
        record = self.ended(screen)
        run = record["runs"][0]
        self.assertIn("interrupted", " ".join(record["verdict_reasons"]))
        by_name = {worker["name"]: worker for worker in run["workers"]}
        self.assertEqual(sorted(frames), sorted(by_name))
        for name, count in frames.items():
            # Seen earlier, so fewer; and never more than were due by then, however late it was looked at.
            self.assertGreater(count, 0)
            self.assertLessEqual(count, by_name[name]["frames"])
            self.assertLessEqual(count, RATE * (seconds + 0.2) + 1)
            self.assertEqual(int(cores[name]), by_name[name]["core"])
        # The summary comes after the view.
        self.assertIn("interrupted", screen.tmux("capture-pane", "-p", "-S", "-200"))
        screen.is_whole()

    def test_resizing(self):
        screen = self.started()
        for width, height in ((200, 60), (132, 43), (100, 30), (60, 15), (80, 24)):
            screen.tmux("resize-window", "-x", str(width), "-y", str(height))
            text = screen.wait(r"(?s)(?:so far: \w+|no verdict yet)\n.*\? help\s*$")
            self.assertLessEqual(max(map(len, text.splitlines())), width)
        for width, height in ((40, 10), (10, 3)):
            screen.tmux("resize-window", "-x", str(width), "-y", str(height))
            screen.wait(r"\Aneeds *\n60 x 15 *\n")
        screen.tmux("resize-window", "-x", "80", "-y", "24")
        screen.wait(r"\? help")
        screen.keys("q")
        self.ended(screen)
        screen.is_whole()

    def test_without_unicode_and_colours(self):
        for environment in ({"LC_ALL": "C"}, {"NO_COLOR": "1"}):
            with self.subTest(environment):
                screen = self.screen(**environment)
                # A terminal that has two colours.
                screen.type("TERM=vt100 " + self.command() + "; echo code:$?")
                text = screen.wait(r"measuring [2-9][\d.]* of[\s\S]*latency +p50")
                if "LC_ALL" in environment:
                    text.encode("ascii")
                self.assertNotRegex(screen.tmux("capture-pane", "-e", "-p"), r"\x1b\[(\d+;)*[34][0-7]")
                screen.keys("q")
                self.ended(screen)
                screen.is_whole()
                screen.tmux("kill-server")

    def test_the_rate_follows_the_keys_and_the_record_says_so(self):
        screen = self.started()
        for _ in range(3):
            screen.keys("-")
        screen.wait(r"Asked for 0\.7 times")
        screen.wait(r"rate x 0\.7")
        screen.keys("+")
        screen.wait(r"rate x 0\.8")
        # The curve takes a second or two.
        screen.wait(r"(?m)^sim:left sends +(39|40)\.\d+ ")
        screen.keys("q")
        record = self.ended(screen)
        self.assertEqual(record["verdict"], "invalid")
        self.assertIn("The rate was changed by hand during the run, at last to 0.8 times",
                      " ".join(record["verdict_reasons"]))
        self.assertEqual(record["runs"][0]["loss"]["frames"], 0)

    def signalled(self, number, *more):
        screen = self.started(*more)
        os.kill(self.pid(screen), number)
        return screen

    def test_signals_end_the_run_in_order(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                screen = self.signalled(number)
                self.assertIn("interrupted", " ".join(self.ended(screen)["verdict_reasons"]))
                screen.is_whole()
                screen.tmux("kill-server")

    def test_a_crash_leaves_the_terminal_whole(self):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
            with self.subTest(number):
                screen = self.signalled(number)
                screen.wait(rf"(?m)^code:{128 + number}")
                screen.is_whole()
                screen.tmux("kill-server")

    def test_a_lost_terminal_ends_the_run_with_its_record(self):
        screen = self.started()
        pid = self.pid(screen)
        screen.tmux("kill-server")
        end = time.monotonic() + TIMEOUT_S
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < end:
            time.sleep(0.1)
        record = records.read(self.path("r.json"))
        self.assertIn("interrupted", " ".join(record["verdict_reasons"]))
        self.assertFalse(os.path.exists(f"/dev/shm/nmgen.{pid}"))

    def test_terminals_that_cannot_show_it(self):
        screen = self.screen(10, 3)
        screen.type(f"{self.command()} 2>{self.path('e')}; echo $?")
        screen.wait(r"(?m)^2$")
        with open(self.path("e"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"\Anmgen: cannot show the live view: the terminal has 10 x 3 characters; "
                                          r"make it 60 x 15 or larger\n\Z")
        screen.tmux("resize-window", "-x", "80", "-y", "24")
        terms = (("", "TERM is not set"), ("dumb", "TERM=dumb"), ("no-such", "TERM=no-such is not known"))
        for i, (term, words) in enumerate(terms):
            # By a name of its own: the code before may stand on the screen until it is cleared.
            screen.type(f"clear; TERM={term} {self.command()} 2>{self.path('e')}; echo code{i}:$?")
            screen.wait(f"(?m)^code{i}:2")
            with open(self.path("e"), encoding="utf-8") as file:
                self.assertIn(words, file.read())
        self.assertFalse(os.path.exists(self.path("r.json")))
        screen.is_whole()

    def test_without_a_terminal(self):
        result = subprocess.run(["setsid", NMGEN, "run", scenario("64b-10g"), "--duration", "100", "--live"],
                                env={**os.environ, "TERM": "xterm"}, stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=TIMEOUT_S, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"\Anmgen: cannot show the live view: this process has no terminal; [^\n]+\n\Z")


class Scripts(NmgenTest):
    def test_watching_for_long(self):
        if shutil.which("tmux") is None:
            self.skipTest("tmux is not installed: scripts/test installs it")
        result = subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "scripts", "live_hour.py"), "--nmgen", NMGEN, "--seconds", "5",
                                 "--look", "0.5", scenario("64b-10g"), "--set", f"senders.0.rate.pps={RATE}"],
                                env={**os.environ, "TERM": "xterm"}, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        # Whether an interval was late is the machine's.
        self.assertIn(result.returncode, (0, 1), result.stderr)
        self.assertRegex(result.stdout, r"(?m)^nmgen run --live: (\d+ KiB after|looked at too seldom)")
        self.assertRegex(result.stdout, r"(?m)^nmgen top: (\d+ KiB after|looked at too seldom)")
        found = re.search(r"(?m)^intervals: (\d+) of 4, (\d+) missed", result.stdout)
        self.assertTrue(found, result.stdout)
        self.assertLessEqual(int(found[2]), int(found[1]))
        refused = subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "scripts", "live_hour.py"), "--nmgen", NMGEN, "--seconds", "1",
                                  self.path("none.json")], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertRegex(refused.stderr, r"the run left no record; its output was: nmgen: .*none\.json")


class Top(NmgenTest):
    def run_of(self, number):
        # Workers of root have precedence over everything; two runs of them would leave nothing of two cores to us.
        plain = ["setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice"] if os.geteuid() == 0 else []
        process = subprocess.Popen([*plain, NMGEN, "run", scenario("64b-10g"), "--duration", "3600", "--set", "warmup_s=0.1",
                                    "--set", f"name=run-{number}", "--set", f"senders.0.rate.pps={RATE}",
                                    "--out", self.path(f"r{number}.json")], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        for line in process.stdout:
            if re.match(r" +\d+\.\d ", line):
                return process
        self.fail("the run ended early")
        return None

    def test_once_and_list_and_several(self):
        first = self.run_of(1)
        pid = str(first.pid)
        self.assertRegex(self.good("top", "--list"), rf"(?m)^ *{pid}  run-1$")
        looks = [self.good("top", "--once", pid) for _ in range(2)]
        sent = []
        for text in looks:
            self.assertIn("a result of the model, not of a NIC", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 80)
            text.encode("ascii")
            sent.append(float(re.search(r"measuring ([\d.]+) of 3600", text).group(1)))
        self.assertLess(sent[0], sent[1])
        second = self.run_of(2)
        sentence = self.refused("top")
        for words in ("there are several", f"{pid} (run-1)", f"{second.pid} (run-2)"):
            self.assertIn(words, sentence)
        self.assertIn("run-2", self.good("top", "--once", str(second.pid)))
        for process in (first, second):
            process.terminate()
            process.stdout.read()
            process.wait(TIMEOUT_S)
        for number, process in ((1, first), (2, second)):
            record = records.read(self.path(f"r{number}.json"))
            records.check(self, record, process.returncode)
            self.assertIn("interrupted", " ".join(record["verdict_reasons"]))
        for process in (first, second):
            self.assertIn("there is no such run", self.refused("top", str(process.pid)))
            self.assertFalse(os.path.exists(f"/dev/shm/nmgen.{process.pid}"))

    def test_a_killed_run_is_cleaned_up(self):
        process = self.run_of(1)
        process.kill()
        process.wait(TIMEOUT_S)
        self.assertTrue(os.path.exists(f"/dev/shm/nmgen.{process.pid}"))
        self.assertIn("has ended", self.refused("top", str(process.pid)))
        self.assertNotIn(str(process.pid), self.good("top", "--list"))
        self.assertFalse(os.path.exists(f"/dev/shm/nmgen.{process.pid}"))

    def test_refusals(self):
        self.assertIn("not a process number", self.refused("top", "x"))
        self.assertIn("not a process number", self.refused("top", "0"))
        self.assertIn("there is no such run", self.refused("top", "1"))

    def test_on_a_terminal_q_leaves_and_the_run_goes_on(self):
        if shutil.which("tmux") is None:
            self.skipTest("tmux is not installed: scripts/test installs it")
        process = self.run_of(1)
        screen = Screen(self, 100, 30, {})
        screen.type(f"{NMGEN} top {process.pid}; echo code:$?")
        screen.wait(r"q leave[\s\S]*|sent, [kM]pps")
        screen.wait(r"latency +p50")
        screen.keys("q")
        screen.wait(r"(?m)^code:0")
        screen.is_whole()
        self.assertIsNone(process.poll())
        screen.type(f"clear; {NMGEN} top {process.pid}; echo again:$?")
        screen.wait(r"latency +p50")
        process.terminate()
        process.stdout.read()
        process.wait(TIMEOUT_S)
        screen.wait(r"(?m)^again:0")
        screen.is_whole()


if __name__ == "__main__":
    unittest.main()
