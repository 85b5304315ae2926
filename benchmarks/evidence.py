"""What a journal costs an exchange, and what a pack of a large run costs its reader.

The limits: a journal adds at most 0.3 ms to an exchange; 500 scenarios with 4,000 exchanges are verified
within 3 s and 300 MB.
"""

import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.synthetic import Shape, ledger, write_journal
from benchmarks.timing import line, medians
from dsp_conformance.pack.making import make_pack
from dsp_conformance.record import journal
from dsp_conformance.record.evidence import Check, Wire
from dsp_conformance.record.journal_writer import JournalWriter
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.record.scenario_record import ScenarioIdentity, ScenarioRecord
from dsp_conformance.report.writers import write_all

_SCENARIOS, _EXCHANGES, _OCTETS = 500, 8, 2200
_WIRE = Wire(0, 0.004, "Send Command Service", "http://dsp.example/api/v1/serviceS", "dsp.example:80", 200)


def measure_journal() -> None:
    """Measure what an exchange of 2,200 octets each way costs with a journal and without."""
    body = b"<message>" + b"<part/>" * (_OCTETS // 7) + b"</message>"
    checks = [Check("DUIS-01", True, "an XML document", "an XML document", "") for _ in range(5)]
    who = ScenarioIdentity("a", "a", "a", "a", "", "a", {}, ())
    with tempfile.TemporaryDirectory() as folder:
        run = Run(RunIdentity("1", "DSP", "1", "bundled"), ledger())
        writer = JournalWriter(Path(folder) / journal.NAME, run, key="bench")
        writer.begin()
        watched, alone = ScenarioRecord(who, "a", []), ScenarioRecord(who, "b", [])
        writer.scenario_begun(watched)

        def attach(record: ScenarioRecord) -> None:
            record.attach_exchange("SR11.2 CV1 → I99", body, body, checks=checks, facts={}, wire=_WIRE)

        taken = medians(
            {"an exchange with a journal": lambda: attach(watched), "without one": lambda: attach(alone)},
            rounds=2000,
        )
        writer.close()
    yardstick = taken["without one"]
    for what, seconds in taken.items():
        print(line(what, seconds, seconds / yardstick))
    added = taken["an exchange with a journal"] - yardstick
    print(line("what a journal adds (at most 0.3 ms)", added))


def _verify(pack: Path, answer: "multiprocessing.SimpleQueue[tuple[float, float, float, bool]]") -> None:
    from dsp_conformance.pack.verifying import verify  # noqa: PLC0415 - what is loaded counts

    begun = time.perf_counter()
    good = verify(pack).good
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.put((time.perf_counter() - begun, time.process_time(), peak, good))


def measure_verify() -> None:
    """Measure a pack of a run of 500 scenarios with 4,000 exchanges."""
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as made:
        folder, pack = Path(made) / "reports", Path(made) / "pack.zip"
        write_journal(folder / journal.NAME, Shape(_SCENARIOS, _EXCHANGES, _OCTETS))
        write_all(journal.read(folder / journal.NAME), folder)
        begun = time.perf_counter()
        make_pack(folder, pack)
        print(line("making the pack", time.perf_counter() - begun))
        answer = fresh.SimpleQueue()
        process = fresh.Process(target=_verify, args=(pack, answer))
        process.start()
        seconds, busy, peak, good = answer.get()
        process.join()
        print(line("verifying it, imports included (at most 3 s)", seconds))
        print(
            f"  of which {busy:.2f} s of computing; {peak:.0f} MB of memory; {'good' if good else 'NOT GOOD'}"
        )


if __name__ == "__main__":
    measure_journal()
    measure_verify()
