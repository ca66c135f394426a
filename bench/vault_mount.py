"""Times reading through `lifeboat vault mount` beside `restic mount`, in one run.

    python3 bench/vault_mount.py LIFEBOAT [--mib N] [--files N] [--place DIR] [--rounds N]

One repository with a file that does not compress and many small ones. Each program mounts it anew in each
round, in turns: the file is read from one end to the other, then in 1,000 places of 64 KiB each, then the
attributes of all small files are read and their contents. Printed are medians of seconds and of the processor's
seconds the program took, the ratio of restic's to ours, and the most memory.
"""
import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

STEPS = ("in order", "anywhere", "attributes", "small files")


class Mounted:
    def __init__(self, command, point, environment):
        os.makedirs(point, exist_ok=True)
        self.point = point
        self.process = subprocess.Popen([*command, point], env=environment, stdout=subprocess.DEVNULL)
        while not os.path.ismount(point):
            if self.process.poll() is not None:
                sys.exit(f"{' '.join(command)} failed")
            time.sleep(0.05)
        self.tree = os.path.join(point, "snapshots/latest/tree")
        os.listdir(self.tree)  # the index is read

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as status:
            fields = status.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        """The most memory it took, in MiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        return peak / 1024


def read_in_order(tree):
    with open(os.path.join(tree, "large"), "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def read_anywhere(tree):
    rng = random.Random(1)
    file = os.open(os.path.join(tree, "large"), os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
    size = os.fstat(file).st_size
    for _ in range(1000):
        os.pread(file, 64 << 10, rng.randrange(size - (64 << 10)))
    os.close(file)


def each_small(tree):
    for directory, _, names in os.walk(os.path.join(tree, "small")):
        for name in names:
            yield os.path.join(directory, name)


def look_at_small(tree):
    for path in each_small(tree):
        os.lstat(path)


def read_small(tree):
    for path in each_small(tree):
        with open(path, "rb") as file:
            file.read()


def make_tree(tree, mib, files):
    rng = random.Random(7)
    os.makedirs(tree)
    with open(os.path.join(tree, "large"), "wb") as file:
        for _ in range(mib):
            file.write(rng.randbytes(1 << 20))
    for number in range(files):
        folder = os.path.join(tree, "small", str(number // 500))
        if number % 500 == 0:
            os.makedirs(folder)
        with open(os.path.join(folder, str(number)), "wb") as file:
            file.write(rng.randbytes(rng.randrange(4096)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lifeboat")
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--place", default="/dev/shm")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not shutil.which("restic"):
        sys.exit("restic is not installed: nothing to compare with")
    programs = {"lifeboat": [os.path.realpath(options.lifeboat), "vault", "mount"], "restic": ["restic", "mount"]}
    seconds, memory = {}, {}
    with tempfile.TemporaryDirectory(dir=options.place) as place:
        make_tree(os.path.join(place, "tree"), options.mib, options.files)
        environment = dict(os.environ, RESTIC_REPOSITORY=os.path.join(place, "repository"), RESTIC_PASSWORD="secret",
                           RESTIC_CACHE_DIR=os.path.join(place, "cache"), LIFEBOAT_DATA=os.path.join(place, "data"))
        for command in (["init", "-q"], ["backup", "-q", "tree"]):
            subprocess.run(["restic", *command], env=environment, cwd=place, check=True)
        for number in range(options.rounds):
            order = list(programs)
            random.Random(number).shuffle(order)
            for name in order:
                mounted = Mounted(programs[name], os.path.join(place, "mounted"), environment)
                for step, work in zip(STEPS, (read_in_order, read_anywhere, look_at_small, read_small)):
                    began, used = time.monotonic(), mounted.processor_seconds()
                    work(mounted.tree)
                    seconds.setdefault((step, name), []).append(
                        (time.monotonic() - began, mounted.processor_seconds() - used))
                memory[name] = max(memory.get(name, 0), mounted.end())
    print(f"{'step':12} {'lifeboat s':>10} {'restic s':>10} {'x':>6} {'cpu s':>10} {'restic':>10} {'x':>6}")
    for step in STEPS:
        row = f"{step:12}"
        for which in range(2):
            ours, theirs = (statistics.median(pair[which] for pair in seconds[(step, name)]) for name in programs)
            row += f" {ours:10.2f} {theirs:10.2f} {theirs / ours if ours else 0:6.2f}"
        print(row)
    print(f"{'most MiB':12} {memory['lifeboat']:10.0f} {memory['restic']:10.0f} "
          f"{memory['restic'] / memory['lifeboat']:6.2f}")


main()
