"""Runs every benchmark: `python -m benchmarks`."""

from benchmarks.evidence import measure_journal, measure_verify
from benchmarks.exchange import measure_exchange
from benchmarks.leases import measure_leases
from benchmarks.parallel import measure_parallel_run, measure_slow_dsp
from benchmarks.receiver import measure_receiver
from benchmarks.report_page import measure_report_page
from benchmarks.start import measure_start
from benchmarks.whole_run import measure_whole_run

if __name__ == "__main__":
    measure_start()
    measure_exchange()
    measure_receiver()
    measure_whole_run()
    measure_parallel_run()
    measure_slow_dsp()
    measure_report_page()
    measure_journal()
    measure_verify()
    measure_leases()
