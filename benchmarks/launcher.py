"""Runs a command, discards its output, and prints its wall time and CPU time in seconds, and its
peak memory in KiB.

This process is small, since Linux counts a process as at least as large as its parent (exec_mmap
in fs/exec.c).
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
sys.stdout.write(f"{seconds} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}\n")
sys.exit(os.waitstatus_to_exitcode(status))
