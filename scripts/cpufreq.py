# SPDX-License-Identifier: BSD-2-Clause
"""Sets the cores' clock through Linux's cpufreq, and puts it back."""
import glob
import os


class Unsupported(Exception):
    """One sentence for the user."""


class Frequency:
    """All cores' limits as they were; needs root, and hardware whose clock Linux may set."""

    def __init__(self, root="/sys/devices/system/cpu"):
        self.policies = sorted(glob.glob(os.path.join(root, "cpufreq", "policy*")))
        if not self.policies:
            raise Unsupported("unsupported: this machine has no cpufreq, as most virtual machines; use --clock duty")
        self.before = []
        for policy in self.policies:
            low, high = self.read(policy, "scaling_min_freq"), self.read(policy, "scaling_max_freq")
            if low is None or high is None or not os.access(os.path.join(policy, "scaling_max_freq"), os.W_OK):
                raise Unsupported(f"unsupported: {policy} cannot be written; run as root, or use --clock duty")
            self.before.append((low, high))

    @staticmethod
    def read(policy, name):
        try:
            with open(os.path.join(policy, name), encoding="ascii") as file:
                return int(file.read())
        except (OSError, ValueError):
            return None

    @staticmethod
    def write(policy, name, khz):
        with open(os.path.join(policy, name), "w", encoding="ascii") as file:
            file.write(str(khz))

    def limit(self, policy, low, high):
        # The kernel refuses a lower limit above the upper one, so the order depends on the direction.
        now = self.read(policy, "scaling_max_freq")
        try:
            if now is not None and low > now:
                self.write(policy, "scaling_max_freq", high)
                self.write(policy, "scaling_min_freq", low)
            else:
                self.write(policy, "scaling_min_freq", low)
                self.write(policy, "scaling_max_freq", high)
        except OSError as error:
            raise Unsupported(f"cannot set the clock of {policy} to {high} kHz: {error.strerror}; "
                              "choose a frequency that it offers") from None

    def set(self, hz):
        khz = round(hz / 1000)
        for policy in self.policies:
            low, high = self.read(policy, "cpuinfo_min_freq"), self.read(policy, "cpuinfo_max_freq")
            if low is not None and high is not None and not low <= khz <= high:
                raise Unsupported(f"cannot set {khz} kHz: {policy} goes from {low} to {high} kHz; "
                                  "choose values between, or use --clock duty")
        for policy in self.policies:
            self.limit(policy, khz, khz)

    def restore(self):
        """Puts all back that can be put back, and then says what could not."""
        failed = None
        for policy, (low, high) in zip(self.policies, self.before):
            try:
                self.limit(policy, low, high)
            except Unsupported:
                failed = failed or Unsupported(f"cannot put the clock of {policy} back to {low} to {high} kHz; "
                                               f"write them to its scaling_min_freq and scaling_max_freq")
        if failed:
            raise failed
