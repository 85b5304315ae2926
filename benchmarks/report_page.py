"""How long the page of a large run takes, how large it gets, and how much memory that needs.

The limits are 3 s, 15 MB and 300 MB for 500 scenarios with 4,000 exchanges, reading the journal included.
"""

import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.synthetic import Shape, write_journal

_SCENARIOS, _EXCHANGES, _OCTETS = 500, 8, 2200


def _make(folder: Path, answer: "multiprocessing.SimpleQueue[tuple[float, float, float]]") -> None:
    from dsp_conformance.record import journal  # noqa: PLC0415 - what is loaded counts
    from dsp_conformance.report.page.front_pdf import write_front_page  # noqa: PLC0415 - see above
    from dsp_conformance.report.page.writing import write_page  # noqa: PLC0415 - see above

    begun = time.perf_counter()
    source = journal.read(folder / "journal.jsonl")
    write_front_page(source, folder)
    write_page(source, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.put((time.perf_counter() - begun, time.process_time(), peak))


def measure_report_page() -> None:
    """Measure the page of a run that passes, of one that fails by half, and of one that fails throughout."""
    fresh = multiprocessing.get_context("spawn")
    for failing in (0, _SCENARIOS // 2, _SCENARIOS):
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            shape = Shape(_SCENARIOS, _EXCHANGES, _OCTETS, failing=frozenset(range(failing)))
            write_journal(folder / "journal.jsonl", shape)
            answer = fresh.SimpleQueue()
            process = fresh.Process(target=_make, args=(folder, answer))
            process.start()
            seconds, busy, peak = answer.get()
            process.join()
            size = (folder / "index.html").stat().st_size / 1e6
            what = f"page of {_SCENARIOS} scenarios, {_SCENARIOS * _EXCHANGES:,} exchanges, {failing} failing"
            spent = f"{seconds:.2f} s, of which {busy:.2f} s of computing"
            print(f"{what}: {spent}; {size:.1f} MB, {peak:.0f} MB of memory")
