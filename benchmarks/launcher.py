"""Runs a command, and prints its seconds of wall time and its peak memory in KiB.

What the command prints is thrown away. Linux counts a process at least as large as the one that
started it (exec_mmap in fs/exec.c), so this one is small.
"""

import os
import sys
import time

NO_OUTPUT = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)

started = time.perf_counter()
command = sys.argv[1:]
pid = os.posix_spawn(command[0], command, os.environ, file_actions=[NO_OUTPUT])
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - started
sys.stdout.write(f"{seconds} {usage.ru_maxrss}\n")
sys.exit(os.waitstatus_to_exitcode(status))
