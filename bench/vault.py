"""Times `lifeboat vault` beside restic on the same tree, in one run.

    python3 bench/vault.py LIFEBOAT [--scale N] [--place DIR] [--rounds N] [--cold-memory]

The tree is (a) of mover.py: 50,000 small files and eight of 256 MiB. Each program has a repository of
its own with default compression; they take turns. Printed are medians of seconds and of processor
seconds, the ratio of restic's to ours, the peak memory, and the size of both repositories. A first round
is not counted.

A host takes back what memory its virtual machine has not used for some seconds, and giving it out again costs
several times what is measured here, by chance. So memory is given up while a program runs, as many bytes as it
writes: it always finds some that was in use a moment ago; and what it is to read is read before. --cold-memory does
without. Drop file caches before (as root, `echo 3 > /proc/sys/vm/drop_caches`): with 9 GB of them in 24 GB of memory
steps varied by up to a third.
"""
import argparse
import contextlib
import mmap
import multiprocessing
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mover import make_tree  # noqa: E402

STEPS = ("first", "same", "1 %", "restore", "check")


def commands(program, tree, target):
    restic = program == "restic"
    return {
        "backup": ["backup", tree],
        "restore": ["restore", "latest", "--target", target],
        "check": ["check", "--read-data"],
    } if restic else {
        "backup": ["vault", "backup", tree],
        "restore": ["vault", "restore", "latest", "--target", target],
        "check": ["vault", "check", "--read-data"],
    }


class WarmMemory:
    """Memory of a process, given up as files are written in `place`, so that `SPARE` bytes are free and warm. Not
    files: removing them would take twice the processor time from the program that is measured."""
    STEP = 16 << 20
    SPARE = 512 << 20

    def __init__(self, place, size):
        self.place, self.size = place, (size // self.STEP + 1) * self.STEP

    def __enter__(self):
        ready, self.over = multiprocessing.Event(), multiprocessing.Event()
        self.process = multiprocessing.Process(target=self.give_up, args=(ready, self.over))
        self.process.start()
        while not ready.wait(1):
            if not self.process.is_alive():
                sys.exit(f"there is not enough memory to keep {self.size >> 20} MiB warm; use --cold-memory")

    def __exit__(self, *_):
        self.over.set()
        self.process.join()

    def used(self):
        status = os.statvfs(self.place)
        return (status.f_blocks - status.f_bfree) * status.f_frsize

    def give_up(self, ready, over):
        memory = mmap.mmap(-1, self.size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_NOHUGEPAGE)  # of small pages, what was given up last is given out first
        for page in range(0, self.size, mmap.PAGESIZE):
            memory[page] = 1
        given_up, before = 0, self.used()
        while not over.wait(0.02 if ready.is_set() else 0):
            while given_up < min(self.used() - before + self.SPARE, self.size):
                memory.madvise(mmap.MADV_DONTNEED, given_up, self.STEP)
                given_up += self.STEP
            ready.set()


def read_all(*directories):
    buffer = memoryview(bytearray(1 << 20))
    for directory in directories:
        for parent, _, names in os.walk(directory):
            for name in names:
                with open(os.path.join(parent, name), "rb", buffering=0) as file:
                    while file.readinto(buffer):
                        pass


def measure(command, environment):
    """Seconds, processor seconds, MiB."""
    began = time.monotonic()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} failed: {errors.decode(errors='replace')[-2000:]}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def change_some(tree, rng):
    for directory, _, names in os.walk(tree):
        for name in sorted(names):
            path = os.path.join(directory, name)
            if os.path.getsize(path) < 1 << 20 and rng.random() < 0.01:
                with open(path, "ab") as file:
                    file.write(rng.randbytes(100))


def size_of(repository):
    return sum(os.path.getsize(os.path.join(d, n)) for d, _, names in os.walk(repository) for n in names)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lifeboat")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--place", default="/dev/shm")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold-memory", action="store_true")
    options = parser.parse_args()
    if not shutil.which("restic"):
        sys.exit("restic is not installed: nothing to compare with")
    programs = {"lifeboat": [os.path.realpath(options.lifeboat)], "restic": ["restic"]}
    results, sizes = {}, {}
    with tempfile.TemporaryDirectory(dir=options.place) as place:
        tree = os.path.join(place, "tree")
        make_tree("a", tree, options.scale)
        memory = contextlib.nullcontext() if options.cold_memory else WarmMemory(place, int(options.scale * 3.5e9))
        rng = random.Random(1)
        for number in range(options.rounds + 1):
            for name in programs:
                shutil.rmtree(os.path.join(place, name), ignore_errors=True)
            for step in STEPS:
                if step == "1 %":
                    change_some(tree, rng)
                order = list(programs)
                random.Random(f"{number} {step}").shuffle(order)
                for name in order:
                    home, target = os.path.join(place, name), os.path.join(place, "target")
                    os.makedirs(home, exist_ok=True)
                    environment = dict(os.environ, RESTIC_REPOSITORY=os.path.join(home, "repository"),
                                       RESTIC_PASSWORD="secret", RESTIC_CACHE_DIR=os.path.join(home, "cache"),
                                       LIFEBOAT_DATA=os.path.join(home, "data"))
                    if step == "first":
                        subprocess.run(["restic", "init", "-q"], env=environment, check=True)
                    work = commands(name, tree, target)[
                        {"first": "backup", "same": "backup", "1 %": "backup"}.get(step, step)]
                    if not options.cold_memory:
                        read_all(tree, environment["RESTIC_REPOSITORY"])
                    with memory:
                        measured = measure(programs[name] + work, environment)
                    if number > 0:  # everything is cold in the first round
                        results.setdefault((step, name), []).append(measured)
                    shutil.rmtree(target, ignore_errors=True)
                    if step == "first":
                        sizes[name] = size_of(environment["RESTIC_REPOSITORY"])
    print(f"{'step':8} {'program':9} {'s':>7} {'cpu s':>7} {'MiB':>5} {'x':>6}")
    for step in STEPS:
        ours = statistics.median(row[0] for row in results[(step, "lifeboat")])
        for name in programs:
            rows = results[(step, name)]
            seconds, processor = (statistics.median(row[i] for row in rows) for i in (0, 1))
            print(f"{step:8} {name:9} {seconds:7.2f} {processor:7.2f} {max(row[2] for row in rows):5.0f} "
                  f"{seconds / ours:6.2f}")
    print(f"size: lifeboat {sizes['lifeboat']}, restic {sizes['restic']}, "
          f"ratio {sizes['lifeboat'] / sizes['restic']:.4f}")


main()
