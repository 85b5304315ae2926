"""Thousands of requests leave nothing behind but what is meant to be remembered."""

from __future__ import annotations

import gc
from collections import Counter
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.emulated_device import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stub.conftest import Bench

WARM_UP, MEASURED = 200, 1200
NOT_HELD = (type, ModuleType, FunctionType, BuiltinFunctionType, FrameType)
"""What leads from an object to the whole program."""


def held_by(holder: object) -> Counter[str]:
    """Count by type what an object keeps alive, whatever else lives in this process."""
    seen, waiting = {id(holder)}, [holder]
    found: Counter[str] = Counter()
    while waiting:
        for one in gc.get_referents(waiting.pop()):
            if id(one) not in seen and not isinstance(one, NOT_HELD):
                seen.add(id(one))
                waiting.append(one)
                found[type(one).__qualname__] += 1
    return found


def exchange(bench: Bench, count: int) -> None:
    """Reads, rejections, lost responses and unsigned Pre-Commands at one Device, over and over."""
    device_id = bench.device()
    device = bench.emulated(device_id)
    for number in range(count):
        with bench.receiver.arrived:
            bench.receiver.received.clear()
        match number % 5:
            case 0:
                device.arrange(Fault.RESPONSE_LOST, "11.2", 1)
                request = bench.user.read_firmware(device_id)
            case 1:
                request = bench.user.activate(device_id, bytes(32))
            case 2:
                request = bench.user.request("4.1.1", device_id, 4)
            case _:
                request = bench.user.read_firmware(device_id)
        code = bench.ask(request).response_code
        assert code in {ResponseCode.I99, ResponseCode.I0, ResponseCode.E12}
        if code is ResponseCode.I99:
            bench.receiver.wait(1)
    bench.dsp.state.remove_device(device_id)


def test_thousands_of_requests_do_not_make_the_dsp_grow(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(no_answer_seconds=0.0)
    bench.dsp.state.pre_commands._capacity = 10
    exchange(bench, WARM_UP)
    before = held_by(bench.dsp)
    exchange(bench, MEASURED)

    assert (held_by(bench.dsp) - before).total() < MEASURED / 10
    assert bench.dsp.traffic.outstanding == 0
    assert len(bench.dsp._scheduler) == 0
    assert len(bench.dsp.state.inventory) == 0
    assert len(bench.dsp.state.pre_commands) <= 10
