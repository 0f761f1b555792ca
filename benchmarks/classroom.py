"""Thirty kernels that load the same shared artefacts at once: time and memory.

    python -m benchmarks.classroom --kernels 30

Makes the `quick` teacher and student once, shares them read-only through ``DFAD_DATA``, then
starts the processes together, each with an empty cache of its own and one thread. Writes
``classroom.csv``: a row a process. Memory is read from Linux's ``/proc``.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer

from benchmarks import RESULTS, provenance, write
from dfad_lite import artefacts, profiles, store

# Runs in each process; prints its times, and its memory when all have loaded.
WORK = """
import json, sys, time
started = float(sys.argv[1])
import torch
from dfad_lite import artefacts, profiles
imported = time.time()
run = artefacts.get_student(profiles.load("quick"))
loaded = time.time()
with torch.no_grad():
    run.student(torch.zeros(1, 1, 16, 16))
print(json.dumps([imported - started, loaded - imported, run.seconds]), flush=True)
sys.stdin.readline()
lines = open("/proc/self/smaps_rollup").read().splitlines()[1:]
found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
private = found["Private_Clean"] + found["Private_Dirty"]
print(json.dumps([found["Rss"], found["Pss"], private]), flush=True)
sys.stdin.readline()
"""


def main(kernels: int = 30, out: Path = RESULTS) -> None:
    """Measure, and write a row a process."""
    settings = profiles.load("quick")
    artefacts.get_student(settings)
    with tempfile.TemporaryDirectory(prefix="dfad-class-") as name:
        shared = Path(name) / "shared"
        shutil.copytree(store.default_root(), shared / "artefacts")
        processes = []
        for number in range(kernels):
            own = Path(name) / str(number)
            own.mkdir()
            environment = {
                **os.environ,
                "DFAD_DATA": str(shared),
                "DFAD_CACHE": str(own),
                "OMP_NUM_THREADS": "1",
                "TQDM_DISABLE": "1",
            }
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            command = [sys.executable, "-c", WORK, str(time.time())]
            processes.append(subprocess.Popen(command, env=environment, **pipes))
        times = [json.loads(process.stdout.readline()) for process in processes]
        memory = []
        for process in processes:  # all are still there, so that what they share is shared
            process.stdin.write("\n")
            process.stdin.flush()
            memory.append(json.loads(process.stdout.readline()))
        for process in processes:
            process.communicate("\n")
    where = provenance()
    rows = [
        {
            "process": number,
            "import_seconds": f"{when[0]:.2f}",
            "load_seconds": f"{when[1]:.2f}",
            "rss_megabytes": f"{held[0]:.0f}",
            "pss_megabytes": f"{held[1]:.0f}",
            "private_megabytes": f"{held[2]:.0f}",
            "processes": kernels,
            "device": f"{where['device']}, {os.cpu_count()} cores",
            "date": where["date"],
        }
        for number, (when, held) in enumerate(zip(times, memory, strict=True))
    ]
    write(out / "classroom.csv", rows)
    for name in list(rows[0])[1:6]:
        values = [float(row[name]) for row in rows]
        print(f"{name}: median {statistics.median(values):g}, largest {max(values):g}")
    print(f"all {kernels}: {sum(float(row['pss_megabytes']) for row in rows):,.0f} MB")


if __name__ == "__main__":
    typer.run(main)
