"""How fast the game is beside the loop as it was published, on this machine.

    python -m benchmarks                                  # MNIST, CIFAR-10 and CamVid: minutes
    python -m benchmarks --cases mnist --tries 7
    python -m benchmarks --operators                      # where the time goes
    python -m benchmarks --scaling                        # over batch, width and image size

Writes ``speed.csv`` (``operators.csv``, ``scaling.csv``) into ``--out``, and prints the table.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch.profiler import ProfilerActivity, profile

from benchmarks import RESULTS, provenance, some_of, write
from benchmarks.traffic import Traffic
from dfad_lite import distill, profiles, speed

# On two CPU cores a round of the large networks at the paper's batch takes minutes.
CPU_BATCH = {"mnist": 512, "cifar10": 4, "camvid": 2}
CHANNELS = {"mnist": (1, 10), "cifar10": (3, 10), "camvid": (3, 11)}
# Other computations, or ones that need a compiler: beside the course's own networks only.
OWN = ("own networks", "own networks, bf16", "own networks, compiled")
SIZES = {  # what is changed: where it is fitted, and one beyond, which the fit has to predict
    "batch_size": ((16, 32, 64, 128), 512),
    "generator_width": ((8, 16, 32, 64), 128),
    "image_size": ((16, 24, 32, 48), 96),
}


def settings_of(case: str, loop: str, batch: int, device: str) -> profiles.Profile:
    """The paper's settings, or for ``own networks`` those of the laptop profile."""
    if loop in OWN:
        name = "laptop" if case in ("mnist", "camvid") else "paper"
        base = profiles.load(name, dataset=case, device=device)
        if case == "cifar10":  # the profile has no CPU column: the paper's with a light generator
            base = dataclasses.replace(base, generator_model="light", generator_width=16)
    else:
        base = profiles.load("paper", dataset=case, device=device)
    size = batch or (CPU_BATCH[case] if device == "cpu" else base.batch_size)
    precision = "bf16" if loop.endswith("bf16") else "float32"
    return dataclasses.replace(
        base, batch_size=size, precision=precision, rounds=10**9, game_schedule="constant"
    )


def played(case: str, loop: str, settings: profiles.Profile) -> Iterator[object]:
    """Rounds for ever."""
    channels, classes = CHANNELS[case]
    nets = speed.networks(settings, channels=channels, classes=classes)
    if loop in speed.STEPS:
        return speed.plain_rounds(*nets, settings, step=loop, device=settings.device)
    game = distill.Game(*nets, settings, device=settings.device)
    if loop.endswith("compiled"):
        game.teacher, game.student, game.generator = (
            torch.compile(net) for net in (game.teacher, game.student, game.generator)
        )
    return (rounds for rounds in iter(lambda: one_round(game), None))


def one_round(game: distill.Game) -> bool:
    """A round without fetching its losses; True, so that it goes on."""
    for _ in range(game.settings.imitation_steps):
        game.imitate()
    game.generate()
    return True


def memory(case: str, loop: str, batch: int, device: str) -> float:
    """Peak resident memory of a fresh process that plays two rounds, in megabytes."""
    command = ["-m", "benchmarks", "--memory-of", case, loop, "--device", device]
    command += ["--batch", str(batch)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def peak_resident() -> float:
    """The most memory this process has held, in megabytes."""
    with contextlib.suppress(OSError):  # Linux; there getrusage counts the parent's, too
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def measure(
    case: str,
    peaks: speed.Peaks,
    *,
    tries: int,
    rounds: int = 1,
    batch: int = 0,
    device: str = "cpu",
    with_memory: bool = False,
    compiled: bool = False,
) -> list[dict[str, object]]:
    """Rows of one case: every loop, turn by turn; ``batch`` 0 is the case's."""
    names = [*speed.STEPS, "ours", *OWN]
    if device != "cpu":
        names.insert(-len(OWN), "ours, bf16")
    if not compiled:
        names.remove("own networks, compiled")
    settings = {name: settings_of(case, name, batch, device) for name in names}
    loops = {name: played(case, name, settings[name]) for name in names}
    if compiled:
        started = time.perf_counter()
        try:
            next(loops["own networks, compiled"])
            print(f"{case}: compiled in {time.perf_counter() - started:.0f} s", flush=True)
        except Exception as error:  # torch raises many kinds where there is no compiler
            print(f"{case}: torch.compile does not work here ({type(error).__name__})", flush=True)
            names.remove("own networks, compiled")
            del loops["own networks, compiled"]
    times = speed.alternate(loops, tries=tries, rounds=rounds, device=device)
    channels, classes = CHANNELS[case]
    where, rows = provenance(device), []
    for name in names:
        used = settings[name]
        nets = speed.networks(used, channels=channels, classes=classes)
        needed = speed.operations(*nets, used)
        with Traffic() as traffic:
            if not name.endswith("compiled"):  # what it fuses can't be seen from outside
                next(loops[name])
        middle = statistics.median(times[name])
        samples = used.batch_size * (used.imitation_steps + 1)
        weighed = with_memory and name in ("plain", "ours", "own networks")
        rows.append(
            {
                "case": case,
                "loop": name,
                "batch": used.batch_size,
                "tries": tries,
                "rounds_per_second": f"{1 / middle:.4g}",
                "slowest": f"{1 / max(times[name]):.4g}",
                "fastest": f"{1 / min(times[name]):.4g}",
                "samples_per_second": f"{samples / middle:.4g}",
                "operations_per_second": f"{needed / middle:.3e}",
                "operations_per_byte": f"{needed / traffic.bytes:.1f}" if traffic.bytes else "",
                "share_of_matrix_peak": f"{needed / middle / peaks.matrix:.3f}",
                "peak_megabytes": f"{memory(case, name, batch, device):.0f}" if weighed else "",
                "matrix_peak": f"{peaks.matrix:.3e}",
                "convolution_peak": f"{peaks.convolution:.3e}",
                "copy_peak": f"{peaks.copy:.3e}",
                "device": where["device"],
                "precision": used.precision,
                **where,
            }
        )
    return rows


def operators(rounds: int, batch: int, device: str) -> list[dict[str, str]]:
    """The operators that take most of the time of MNIST's loops, plain and ours."""
    rows = []
    for name in ("plain", "ours"):
        loop = played("mnist", name, settings_of("mnist", name, batch, device))
        next(loop)
        with profile(activities=[ProfilerActivity.CPU]) as profiler:
            for _ in itertools.islice(loop, rounds + 1):
                pass
        events = sorted(profiler.key_averages(), key=lambda e: -e.self_cpu_time_total)
        total = sum(event.self_cpu_time_total for event in events)
        rows += [
            {
                "loop": name,
                "operator": event.key,
                "calls": str(event.count),
                "milliseconds": f"{event.self_cpu_time_total / 1000:.1f}",
                "share": f"{event.self_cpu_time_total / total:.3f}",
            }
            for event in events[:12]
        ]
    return rows


def scaling(tries: int, device: str) -> list[dict[str, object]]:
    """Seconds a round of `quick` over batch, width and image size, turn by turn in each."""
    rows = []
    for name, (fitted, beyond) in SIZES.items():
        changed = {
            at: profiles.load("quick", device=device, **{name: at}) for at in (*fitted, beyond)
        }
        nets = {at: speed.networks(used, channels=1, classes=10) for at, used in changed.items()}
        needed = {at: speed.operations(*nets[at], used) for at, used in changed.items()}
        games = {at: distill.Game(*nets[at], used, device=device) for at, used in changed.items()}
        loops = {at: iter(lambda game=game: one_round(game), None) for at, game in games.items()}
        times = speed.alternate(loops, tries=tries, device=device)
        rows += [
            {
                "changed": name,
                "value": at,
                "fitted": at in fitted,
                "operations": f"{needed[at]:.4e}",
                "seconds": f"{statistics.median(times[at]):.5f}",
                "fastest": f"{min(times[at]):.5f}",
                "slowest": f"{max(times[at]):.5f}",
                "tries": tries,
                **provenance(device),
            }
            for at in changed
        ]
    return rows


def show(rows: list[dict[str, object]]) -> None:
    """A line a row: rounds a second, times the first row's, share of the peak, memory."""
    plain = float(rows[0]["rounds_per_second"])
    for row in rows:
        times = float(row["rounds_per_second"]) / plain
        print(
            f"{row['case']:8} {row['loop']:22} {row['rounds_per_second']:>8} rounds/s  "
            f"{times:5.2f} x  {float(row['share_of_matrix_peak']):4.0%} of the matrix peak"
            f"  {row['peak_megabytes'] or '-'} MB",
            flush=True,
        )


def main(
    cases: str = "mnist,cifar10,camvid",
    tries: Annotated[int, typer.Option(help="Of each loop, turn by turn.")] = 5,
    rounds: Annotated[int, typer.Option(help="In a try.")] = 1,
    batch: Annotated[int, typer.Option(help="Another batch than the case's.")] = 0,
    device: str = "cpu",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 leaves them to torch.")] = 0,
    out: Path = RESULTS,
    with_memory: Annotated[bool, typer.Option("--memory/--no-memory")] = True,
    only_operators: Annotated[
        bool, typer.Option("--operators", help="Profile, don't time.")
    ] = False,
    compiled: Annotated[
        bool, typer.Option("--compile", help="A row more; needs a C++ compiler.")
    ] = False,
    only_scaling: Annotated[
        bool, typer.Option("--scaling", help="Over batch, width, image size.")
    ] = False,
    memory_of: Annotated[
        tuple[str, str] | None, typer.Option(hidden=True, help="Case and loop.")
    ] = None,
) -> None:
    """How fast the game is beside the loop as it was published, on this machine."""
    if threads:
        torch.set_num_threads(threads)
    if memory_of:
        case, name = memory_of
        loop = played(case, name, settings_of(case, name, batch, device))
        next(loop), next(loop)
        print(peak_resident())
    elif only_operators:
        write(out / "operators.csv", operators(rounds, batch, device))
    elif only_scaling:
        write(out / "scaling.csv", scaling(tries, device))
    else:
        peaks = speed.peaks(device)
        print(
            f"matrix product {peaks.matrix / 1e9:.0f} GFLOP/s, convolution "
            f"{peaks.convolution / 1e9:.0f} GFLOP/s, copy {peaks.copy / 1e9:.1f} GB/s"
        )
        options = {"tries": tries, "rounds": rounds, "batch": batch, "device": device}
        options |= {"with_memory": with_memory, "compiled": compiled}
        rows = []
        for case in some_of(cases, CPU_BATCH):
            measured = measure(case, peaks, **options)
            show(measured)
            rows += measured
            write(out / "speed.csv", rows)


if __name__ == "__main__":
    typer.run(main)
