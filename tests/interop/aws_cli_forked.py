"""Runs the AWS CLI again and again without loading it anew: each call is a process of its own, forked from this
one, which has the program in memory. A line of standard input is {"arguments", "stdout", "stderr"}; a line of
output the exit code."""
import json
import os
import socket
import sys
import traceback

import awscli.clidriver
import botocore.session

resolve = socket.getaddrinfo


def without_prefix(host, *more, **others):
    """AWS's hosts have prefixes for some operations (sync-states); the CLI puts them before any address."""
    return resolve(host.removeprefix("sync-") if isinstance(host, str) else host, *more, **others)


def run(call):
    for number, path in ((1, call["stdout"]), (2, call["stderr"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.argv = ["aws", *call["arguments"]]
    try:
        code = awscli.clidriver.main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:  # noqa: BLE001 - told to who called
        traceback.print_exc()
        code = 255
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main():
    socket.getaddrinfo = without_prefix
    botocore.session.get_session()  # modules that are loaded late are loaded once
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


main()
