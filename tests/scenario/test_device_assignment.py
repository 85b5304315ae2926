"""Which Devices of a list a scenario gets: in the states it asks for, of one model where it asks for that."""

from __future__ import annotations

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.scenario.device_assignment import Pool
from dsp_conformance.scenario.dry_run import Cast, WantedDevice
from dsp_conformance.testbed.device_list import ProvisionedDevice
from dsp_conformance.testbed.device_state import DeviceState
from dsp_conformance.testbed.protocol import ProvidedDevice

TWIN = DeviceState(DeviceType.ESME, DeviceStatus.COMMISSIONED)
METER = DeviceState(DeviceType.ESME, DeviceStatus.SUSPENDED, suspended_from=DeviceStatus.COMMISSIONED)


def _device(number: int, state: DeviceState, model: str) -> ProvisionedDevice:
    provided = ProvidedDevice(Eui64(number.to_bytes(8)))
    return ProvisionedDevice(provided, state, "106C", model, "0001", None, "00000001")


def _cast(*wanted: DeviceState, family: int = 0) -> Cast:
    return Cast(tuple(WantedDevice(f"device {n}", state, family) for n, state in enumerate(wanted)))


def _numbers(pool: Pool, cast: Cast) -> list[int]:
    taken, _ = pool.take(cast)
    return [int.from_bytes(each.device.device_id.octets) for each in taken]


def test_a_scenario_gets_devices_in_its_states_and_nobody_gets_them_again() -> None:
    pool = Pool([_device(1, TWIN, "A"), _device(2, METER, "B"), _device(3, METER, "C")])

    assert sorted(_numbers(pool, _cast(METER, TWIN))) == [1, 2]
    taken, lacking = pool.take(_cast(METER, TWIN))
    assert taken == ()
    assert [each.state for each in lacking] == [TWIN]


def test_what_is_not_enough_is_left_to_others() -> None:
    pool = Pool([_device(1, METER, "A")])
    assert pool.take(_cast(METER, TWIN))[0] == ()

    assert _numbers(pool, _cast(METER)) == [1]


def test_devices_that_belong_together_are_of_one_model() -> None:
    pool = Pool(
        [_device(1, METER, "A"), _device(2, METER, "B"), _device(3, METER, "C"), _device(4, METER, "B")]
    )

    assert sorted(_numbers(pool, _cast(METER, METER, family=1))) == [2, 4]
    assert pool.take(_cast(METER, METER, family=1))[0] == ()


def test_single_devices_are_taken_from_those_without_relatives_first() -> None:
    pool = Pool([_device(1, METER, "A"), _device(2, METER, "A"), _device(3, METER, "B")])

    assert _numbers(pool, _cast(METER)) == [3]
    assert sorted(_numbers(pool, _cast(METER, METER, family=1))) == [1, 2]
