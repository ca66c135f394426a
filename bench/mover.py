"""Times `lifeboat copy` beside cp, rsync, rclone and fpsync on the same trees.

    python3 bench/mover.py LIFEBOAT [--trees abcd] [--places DIR...] [--rounds N] [--tools NAMES]

Trees are made with a fixed seed: (a) 50,000 files, log-normal sizes around 3 KiB, and eight of 256
MiB; (b) 200,000 files of 1 to 4 KiB; (c) one file of 4 GiB; (d) 5,000 small files, copied inside a
file system that answers every metadata call a millisecond late (slow_fs, compiled here when fuse3 is
installed). Each tool makes a full copy, runs again with nothing changed, and again with 1 % of the
files out of date. The tools take turns, so that a busy machine is busy for all; medians, the ratio
to Lifeboat, the processor time (of all processes of the tool; it says something on a busy machine, too)
and the peak memory of the largest process are printed, and how busy the machine was.

What each does: `lifeboat` keeps owners, modes, times, hard links, holes, extended attributes and access
control lists, and neither reads back nor syncs, as the others do not; cp -a and `rsync-all` (rsync
-aHAX) keep the same. `lifeboat-plain` leaves attributes out, as rsync -a does, which knows nothing of
hard links either. `lifeboat-safe` is what the command does by itself: the tree synced, both trees
compared whole; nothing else here does that. rclone keeps times only. Ratios are to `lifeboat`, and to
`lifeboat-plain` for rsync -a, fpsync and rclone. Tools that are not installed are named and left out.
"""
import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
SEED = 20240229
# Tools that keep what `lifeboat-plain` keeps, or less.
PLAIN = {"lifeboat-plain", "rsync", "rclone", "fpsync"}


def write(path, size, rng):
    with open(path, "wb") as file:
        while size > 0:
            part = min(size, 4 * MIB)
            file.write(rng.randbytes(part))
            size -= part


def make_files(root, count, in_directory, size_of, rng):
    """`count` files, `in_directory` in each directory, directories nested two deep."""
    for i in range(count):
        number = i // in_directory
        directory = os.path.join(root, f"part{number // 32}", f"directory{number}")
        if i % in_directory == 0:
            os.makedirs(directory)
        write(os.path.join(directory, f"file{i}"), size_of(rng), rng)


def make_tree(kind, root, scale):
    rng = random.Random(SEED)
    os.makedirs(root)
    if kind == "a":
        make_files(root, int(50000 * scale), 100, lambda r: int(3072 * r.lognormvariate(0, 1)), rng)
        for i in range(8):
            write(os.path.join(root, f"large{i}"), int(256 * MIB * scale), rng)
    elif kind == "b":
        make_files(root, int(200000 * scale), 250, lambda r: r.randint(1024, 4096), rng)
    elif kind == "c":
        write(os.path.join(root, "file"), int(4096 * MIB * scale), rng)
    else:
        make_files(root, int(5000 * scale), 50, lambda r: r.randint(1024, 4096), rng)


def make_stale(root):
    """One file in a hundred at the destination becomes shorter and older."""
    rng = random.Random(SEED)
    for directory, _, names in os.walk(root):
        for name in sorted(names):
            if rng.random() < 0.01:
                path = os.path.join(directory, name)
                os.truncate(path, os.path.getsize(path) // 2)
                os.utime(path, (1, 1))


def commands(lifeboat, scratch):
    quick = ["--verify-mode", "NONE", "--durability", "NONE"]
    plain = [*quick, "--extended-attributes", "NONE"]
    return {
        "lifeboat": lambda s, d, first: [lifeboat, "--data", scratch, "copy", *quick, s, d],
        "lifeboat-plain": lambda s, d, first: [lifeboat, "--data", scratch, "copy", *plain, s, d],
        "lifeboat-safe": lambda s, d, first: [lifeboat, "--data", scratch, "copy", s, d],
        "cp": lambda s, d, first: ["cp", "-a" if first else "-au", s + "/.", d],
        "rsync-all": lambda s, d, first: ["rsync", "-aHAX", s + "/", d],
        "rsync": lambda s, d, first: ["rsync", "-a", s + "/", d],
        "rclone": lambda s, d, first: ["rclone", "copy", "--transfers", "16", s, d],
        "fpsync": lambda s, d, first: ["fpsync", "-n", "8", "-t", scratch + "/fp", s + "/", d + "/"],
    }


def measure(command):
    """Seconds, the peak memory in MiB of the largest process, and seconds of processor time."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} failed: {errors.decode(errors='replace')[-2000:]}")
    return seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def compare(tools, source, destination, rounds):
    results = {}
    for number in range(rounds):
        order = list(tools)
        random.Random(number).shuffle(order)
        for name in order:
            shutil.rmtree(destination, ignore_errors=True)
            os.makedirs(destination)
            for step in ("full", "same", "1 %"):
                if step == "1 %":
                    make_stale(destination)
                command = tools[name](source, destination, step == "full")
                results.setdefault((step, name), []).append(measure(command))
    shutil.rmtree(destination, ignore_errors=True)
    return results


def show(title, tools, results):
    print(f"\n{title}")
    print(f"  {'step':5} {'tool':14} {'median s':>9} {'x':>6} {'cpu s':>7} {'x':>6} {'MiB':>6}   all")
    for step in ("full", "same", "1 %"):
        for name in tools:
            runs = results[(step, name)]
            beside = results[(step, "lifeboat-plain" if name in PLAIN else "lifeboat")]
            own = statistics.median(run[0] for run in beside)
            own_cpu = statistics.median(run[2] for run in beside)
            median = statistics.median(run[0] for run in runs)
            cpu = statistics.median(run[2] for run in runs)
            memory = max(run[1] for run in runs)
            times = " ".join(f"{run[0]:.2f}" for run in runs)
            print(f"  {step:5} {name:14} {median:9.2f} {median / own:6.2f} {cpu:7.2f} "
                  f"{cpu / own_cpu:6.2f} {memory:6.0f}   {times}")
    print(f"  load of the machine meanwhile (this benchmark's own included): {os.getloadavg()[1]:.1f}")
    sys.stdout.flush()


class SlowFileSystem:
    """A directory seen through slow_fs, one millisecond later."""

    def __init__(self, place):
        self.program = os.path.join(place, "slow_fs")
        self.below = os.path.join(place, "below")
        self.mounted = os.path.join(place, "mounted")
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], check=True,
                               capture_output=True, text=True).stdout.split()
        subprocess.run(["g++", "-std=c++20", "-O2", "-o", self.program,
                        os.path.join(HERE, "slow_fs.cpp"), *flags], check=True)
        os.makedirs(self.below)
        os.makedirs(self.mounted)

    def __enter__(self):
        subprocess.run([self.program, self.below, "1000", self.mounted, "-o",
                        "max_threads=256"],
                       check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(["fusermount3", "-u", self.mounted], check=True)


def run(kind, place, tools, arguments):
    with tempfile.TemporaryDirectory(dir=place) as work:
        title = f"({kind}) in {place}, {arguments.rounds} rounds"
        if kind != "d":
            source = os.path.join(work, "source")
            make_tree(kind, source, arguments.scale)
            results = compare(tools, source, os.path.join(work, "copy"), arguments.rounds)
        else:
            slow = SlowFileSystem(work)
            make_tree(kind, os.path.join(slow.below, "source"), arguments.scale)
            with slow:
                results = compare(tools, os.path.join(slow.mounted, "source"),
                                  os.path.join(slow.mounted, "copy"), arguments.rounds)
        show(title, tools, results)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lifeboat", nargs="?", default=os.path.join(HERE, "../build/lifeboat"))
    parser.add_argument("--trees", default="abcd")
    parser.add_argument("--places", nargs="+", default=["/dev/shm", tempfile.gettempdir()])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="make the trees smaller")
    parser.add_argument("--tools", nargs="+", help="only these (and lifeboat's own)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tools = commands(os.path.realpath(arguments.lifeboat), scratch)
        for name in list(tools):
            program = tools[name]("", "", True)[0]
            if arguments.tools and not name.startswith("lifeboat") and name not in arguments.tools:
                del tools[name]
            elif shutil.which(program) is None:
                print(f"left out, not installed: {program}")
                del tools[name]
        for kind in arguments.trees:
            for place in arguments.places if kind != "d" else arguments.places[:1]:
                run(kind, place, tools, arguments)


if __name__ == "__main__":
    main()
