"""Given: Service Users, and Devices in the states that scenarios begin with."""

from pytest_bdd import given

from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.testing import (
    NEAR_MISSES,
    Capability,
    Model,
    SmetsVersion,
    Stage,
    applies_where,
    make_request,
    needs,
)
from steps.needed import LISTED_DEVICES, its_role, its_supplier
from steps.vocabulary import ROLES, device_name, sentence


@given(sentence("a(n) {role}"))
@needs(its_role)
def service_user(stage: Stage, role: str) -> None:
    stage.traffic.act_as(ROLES[role])


@given("a DSP that returns commands for local delivery")
@applies_where("local_delivery")
def delivers_locally() -> None:
    pass


@given("a DSP that serves SMETS1 meters")
@applies_where("smets1")
def serves_smets1() -> None:
    pass


@given(sentence("a(n) (?P<status>Commissioned|InstalledNotCommissioned|Recovered) {meter}"))
@needs(*LISTED_DEVICES, its_supplier)
def in_service(stage: Stage, status: str, meter: str) -> None:
    held = DeviceStatus(status)
    device = stage.listed_device(meter, Model.unique(DeviceType(meter)), held)
    device.before = held
    stage.remember(device, held)


@given(sentence("a Suspended {generation}{meter}"))
@needs(*LISTED_DEVICES, its_supplier)
def suspended(stage: Stage, generation: str | None, meter: str) -> None:
    model = Model.unique(DeviceType(meter), SmetsVersion(generation or SmetsVersion.SMETS2))
    stage.suspended_device(meter, model, DeviceStatus.COMMISSIONED)


@given(sentence("a Suspended {meter} called the {device}"))
@needs(*LISTED_DEVICES, its_supplier)
def suspended_called(stage: Stage, meter: str, device: str) -> None:
    model = Model.unique(DeviceType(meter))
    stage.suspended_device(device_name(device), model, DeviceStatus.COMMISSIONED)


@given(sentence("two Suspended {meter}s of one model, the second(?:, {status} before,)? called the {device}"))
@needs(*LISTED_DEVICES, its_supplier)
def suspended_pair(stage: Stage, meter: str, status: str | None, device: str) -> None:
    before = DeviceStatus(status or DeviceStatus.COMMISSIONED)
    stage.suspended_pair(meter, device_name(device), Model.unique(DeviceType(meter)), before)


@given(
    sentence(
        "a Suspended {meter} that its supplier may (?:read|(?P<update>update)), as a twin shows"
        "(?P<others>, and every user may read)?"
    )
)
@needs(*LISTED_DEVICES, its_supplier)
def open_to_its_supplier(
    stage: Stage, meter: str, update: str | None = None, others: str | None = None
) -> None:
    device_type = DeviceType(meter)
    users = None if others else frozenset({stage.traffic.supplier_of(device_type).user.eui})
    for name in (meter, "twin"):
        stage.suspended_device(name, Model.unique(device_type), DeviceStatus.COMMISSIONED, users)
    # The twin is asked, not the meter: what a good request changes is no trace of the wrong one that follows.
    made = make_request(stage, stage.device("twin"), "11.3" if update else "11.2")
    made.require_accepted(f"the supplier may not {update or 'read'} the twin")


@given(
    sentence(
        "a(n) {meter} that was {status} when its firmware was removed from the CPL"
        "(?P<twin>, and a twin that is Commissioned)?"
    )
)
@needs(*LISTED_DEVICES, its_supplier)
def suspended_from(stage: Stage, meter: str, status: str, twin: str | None) -> None:
    model = Model.unique(DeviceType(meter))
    stage.suspended_device(meter, model, DeviceStatus(status))
    if twin:
        stage.remember(stage.listed_device("twin", model), DeviceStatus.COMMISSIONED)


@given(sentence("a(n) {meter} whose firmware was removed from the CPL"))
@needs(*LISTED_DEVICES, its_supplier)
def firmware_removed(stage: Stage, meter: str) -> None:
    stage.remove_firmware(stage.listed_device(meter, Model.unique(DeviceType(meter))))


@given(sentence("a(n) {status} {generation}{meter} and a twin that is Commissioned"))
@needs(*LISTED_DEVICES, its_supplier)
def meter_and_twin(stage: Stage, status: str, generation: str | None, meter: str) -> None:
    model = Model.unique(DeviceType(meter), SmetsVersion(generation or SmetsVersion.SMETS2))
    if DeviceStatus(status) is DeviceStatus.SUSPENDED:
        stage.suspended_device(meter, model, DeviceStatus.COMMISSIONED)
    else:
        stage.remember(stage.listed_device(meter, model, DeviceStatus(status)), DeviceStatus(status))
    stage.remember(stage.listed_device("twin", model), DeviceStatus.COMMISSIONED)


@given(sentence("a Suspended {device} and a twin that is a Suspended ESME"))
@needs(*LISTED_DEVICES, UserRole.IS)
def other_device_and_twin(stage: Stage, device: str) -> None:
    for name, device_type in ((device, DeviceType(device)), ("twin", DeviceType.ESME)):
        stage.suspended_device(name, Model.unique(device_type), DeviceStatus.COMMISSIONED)


_UNLIKE = "the same model with (?:the same|other)|another (?:model|manufacturer) with the same"


@given(
    sentence(
        f"a(n) {{status}} {{meter}} of (?P<what>{_UNLIKE}) firmware(?:, {{near}})?, called the {{device}}"
    )
)
@needs(*LISTED_DEVICES, its_supplier)
def unlike(stage: Stage, *, status: str, meter: str, what: str, device: str, near: str | None = None) -> None:
    like, name, held = stage.device(meter), device_name(device), DeviceStatus(status)
    if what == "the same model with other":
        version = NEAR_MISSES[near](like.running)[0] if near else ""
        stage.remember(stage.listed_device(name, like.model, held, version=version), held)
        return
    model, entry_id = like.model, like.cpl_entry_id
    if what.startswith("another"):
        model = model.renamed() if what.startswith("another model") else model.of_other_manufacturer()
        entry_id = stage.list_firmware(model.entry(like.running))
    stage.remember(stage.provide(name, model, model.device(like.running, held), entry_id), held)


@given(sentence("an IHD of the same model as the {meter} with the same firmware, called the {device}"))
@needs(Capability.PROVIDE_DEVICE, its_supplier)
def in_home_display(stage: Stage, meter: str, device: str) -> None:
    like = stage.device(meter)
    model = like.model.of_type(DeviceType.IHD)  # IHDs are not on the CPL
    # Its record is not read: the inventory need show neither status nor firmware of it.
    stage.provide(device_name(device), model, model.device(like.running, DeviceStatus.COMMISSIONED))


@given(sentence("the {meter} has since become {status}"))
@needs(Capability.SET_STATUS)
def became(stage: Stage, meter: str, status: str) -> None:
    stage.set_status(stage.device(meter), DeviceStatus(status))


@given("the DSP has been restarted")
@needs(Capability.RESTART)
def dsp_restarted(stage: Stage) -> None:
    stage.restart_dsp()


@given(sentence("the {device} cannot be reached"))
@needs(Capability.CONTROL_DEVICE)
def cut_off(stage: Stage, device: str) -> None:
    stage.cut_off(stage.device(device_name(device)))
