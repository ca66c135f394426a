"""Shows that the memory of `lifeboat copy` does not grow with the number of files.

    python3 bench/mover_memory.py LIFEBOAT [--counts N...] [--place DIR]

Makes empty files, all in one directory and then in directories of a hundred, copies them as the
command does by itself (verified), and prints the peak resident memory. Fails above 200 MiB. A tmpfs
holds as many files as it was given inodes (half the machine's pages by default), and source and copy
both count; for ten million give --place on a disk with that many.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

LIMIT_MIB = 200


def make_empty_files(root, count, in_directory):
    for i in range(count):
        number = i // in_directory
        directory = os.path.join(root, str(number // 1000), str(number))
        if i % in_directory == 0:
            os.makedirs(directory)
        os.close(os.open(os.path.join(directory, f"file{i}"), os.O_CREAT | os.O_WRONLY, 0o644))


def in_child(work, *arguments):
    """Runs `work` in a process of its own: what a program peaks at begins with what its parent has."""
    child = os.fork()
    if child == 0:
        work(*arguments)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status != 0:
        sys.exit("the files could not be made or removed")


def peak(lifeboat, source, destination, scratch, *options):
    began = time.monotonic()
    child = subprocess.Popen([lifeboat, "--data", scratch, "copy", *options, source, destination],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"the copy failed: {errors.decode(errors='replace')[-2000:]}")
    return usage.ru_maxrss / 1024, time.monotonic() - began


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lifeboat", nargs="?",
                        default=os.path.join(os.path.dirname(__file__), "../build/lifeboat"))
    parser.add_argument("--counts", type=int, nargs="+", default=[10000, 100000, 1000000])
    parser.add_argument("--place", default="/dev/shm")
    arguments = parser.parse_args()
    lifeboat = os.path.realpath(arguments.lifeboat)
    too_much = False
    print(f"{'files':>10} {'in':14} {'first MiB':>9} {'again MiB':>9} {'s':>7}")
    for count in arguments.counts:
        for title, in_directory in (("one directory", count), ("a tree", 100)):
            with tempfile.TemporaryDirectory(dir=arguments.place) as work, \
                    tempfile.TemporaryDirectory() as scratch:
                source, destination = os.path.join(work, "source"), os.path.join(work, "copy")
                in_child(make_empty_files, source, count, in_directory)
                first, seconds = peak(lifeboat, source, destination, scratch)
                again, _ = peak(lifeboat, source, destination, scratch)
                print(f"{count:10} {title:14} {first:9.0f} {again:9.0f} {seconds:7.1f}", flush=True)
                too_much = too_much or max(first, again) > LIMIT_MIB
                in_child(shutil.rmtree, source)
                in_child(shutil.rmtree, destination)
    sys.exit(f"more than {LIMIT_MIB} MiB" if too_much else 0)


main()
