"""Given: Service Users, and Devices in the states that scenarios begin with."""

from pytest_bdd import given

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from fixtures.devices import Model, StagedDevice
from fixtures.stage import Stage
from steps.vocabulary import ROLES, device_name, sentence


@given(sentence("a(n) {role}"))
def service_user(stage: Stage, role: str) -> None:
    stage.traffic.act_as(ROLES[role])


@given(sentence("a Commissioned {meter}"))
def commissioned(stage: Stage, meter: str) -> None:
    device = stage.listed_device(meter, Model.unique(DeviceType(meter)))
    stage.remember(device, DeviceStatus.COMMISSIONED)


@given(sentence("a Suspended {meter}"))
def suspended(stage: Stage, meter: str) -> None:
    stage.suspended_device(meter, Model.unique(DeviceType(meter)), DeviceStatus.COMMISSIONED)


@given(sentence("a(n) {meter} that was {status} when its firmware was removed from the CPL"))
def suspended_from(stage: Stage, meter: str, status: str) -> None:
    stage.suspended_device(meter, Model.unique(DeviceType(meter)), DeviceStatus(status))


@given(sentence("a(n) {meter} whose firmware was removed from the CPL"))
def firmware_removed(stage: Stage, meter: str) -> None:
    stage.remove_firmware(stage.listed_device(meter, Model.unique(DeviceType(meter))))


@given(sentence("a Suspended {meter} and a twin that is Commissioned"))
def suspended_and_twin(stage: Stage, meter: str) -> None:
    model = Model.unique(DeviceType(meter))
    stage.suspended_device(meter, model, DeviceStatus.COMMISSIONED)
    stage.remember(stage.listed_device("twin", model), DeviceStatus.COMMISSIONED)


@given(sentence("a Commissioned {meter} of the same model with other firmware, called the {device}"))
def same_model_other_firmware(stage: Stage, meter: str, device: str) -> None:
    other = stage.listed_device(device_name(device), stage.device(meter).model)
    stage.remember(other, DeviceStatus.COMMISSIONED)


@given(sentence("a Commissioned {meter} of another model with the same firmware, called the {device}"))
def other_model_same_firmware(stage: Stage, meter: str, device: str) -> None:
    like = stage.device(meter)
    _with_same_firmware(stage, device, like, like.model.renamed())


@given(sentence("a Commissioned {meter} of another manufacturer with the same firmware, called the {device}"))
def other_manufacturer_same_firmware(stage: Stage, meter: str, device: str) -> None:
    like = stage.device(meter)
    _with_same_firmware(stage, device, like, like.model.of_other_manufacturer())


@given(sentence("an IHD of the same model as the {meter} with the same firmware, called the {device}"))
def in_home_display(stage: Stage, meter: str, device: str) -> None:
    like = stage.device(meter)
    model = like.model.of_type(DeviceType.IHD)  # IHDs are not on the CPL
    display = stage.provide(device_name(device), model, model.device(like.running, DeviceStatus.COMMISSIONED))
    stage.remember(display, DeviceStatus.COMMISSIONED)


@given(sentence("the {device} cannot be reached"))
def cut_off(stage: Stage, device: str) -> None:
    stage.cut_off(stage.device(device_name(device)))


def _with_same_firmware(stage: Stage, device: str, like: StagedDevice, model: Model) -> None:
    entry_id = stage.list_firmware(model.entry(like.running))
    spec = model.device(like.running, DeviceStatus.COMMISSIONED)
    stage.remember(stage.provide(device_name(device), model, spec, entry_id), DeviceStatus.COMMISSIONED)
