"""When: requests of Service Users. Then: whether the DSP accepts them."""

from collections.abc import Callable

from pytest_bdd import given, then, when

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceStatus, UserRole
from dsp_conformance.testing import (
    ACTIVATING_WRONGLY,
    ANOTHER_SUPPLIER,
    CLIENT_ERRORS,
    DEFECTS,
    NOT_ENTITLED,
    OTHER_USER,
    REASONS,
    SENT_BOTH_WAYS,
    UNKNOWN_USER,
    WAYS,
    WRONG_TYPE,
    WRONG_VARIANT,
    WRONGLY,
    Capability,
    Cause,
    Exchange,
    Inconclusive,
    MadeRequest,
    Need,
    NotApplicable,
    RequirementNotMet,
    Response,
    Stage,
    StagedDevice,
    Words,
    expect_accepted,
    expect_accepted_for,
    expect_as_for_a_twin,
    expect_local_command,
    expect_read_command,
    expect_refused,
    expect_rejected,
    expect_rejected_for_device_status,
    is_not_for_local_delivery,
    make_request,
    needs,
    once,
    require_display_known,
    require_local_delivery,
    require_twin_accepted,
    send_bad,
    send_good,
    service_request,
    usable,
    wrong_variant_to_a_commissioned,
)
from steps.needed import its_role, its_sender
from steps.vocabulary import ROLES, device_name, sentence

_NO_ORDINARY_REQUEST = "an ordinary request was not accepted, so that its messages show too little"


def _check_name(variant: str, name: str) -> None:
    """See that a feature calls a request by its name in the catalogue.

    Raises:
        LookupError: it does not; the feature is wrong.
    """
    if (catalogued := service_request(variant).name) != name:
        raise LookupError(f"the feature calls SR{variant} {name!r}, the catalogue {catalogued!r}")


_AND_ANOTHER = '(?: and the (?P<another>ESME|GSME|"[^"]+"))?'


@when(
    sentence(
        "the (?:supplier|{role}) sends SR{variant} {name} (?:to|about) the {device}"
        f"{_AND_ANOTHER}(?: {{way}})?"
    )
)
@needs(its_role)
def sends(
    stage: Stage,
    *,
    role: str | None,
    variant: str,
    name: str,
    device: str,
    another: str | None = None,
    way: str | None,
) -> None:
    _check_name(variant, name)
    staged = stage.device(device_name(device))
    made = make_request(
        stage,
        staged,
        variant,
        sender=stage.traffic.act_as(ROLES[role]) if role else None,
        way=WAYS[way or "over the WAN"],
        others=[_of_one_model(staged, stage.device(device_name(another)))] if another else (),
    )
    stage.sent, stage.flaw = made.exchange, made.flaw


def _of_one_model(device: StagedDevice, other: StagedDevice) -> StagedDevice:
    if device.model == other.model:
        return other
    raise Inconclusive(
        Cause.PRECONDITION_UNMET,
        f"the {device.name} and the {other.name} are of different models, and one image cannot be for both",
        expected=str(device.model),
        found=str(other.model),
        hint="give the scenario two Devices of one model",
    )


@when(sentence("(?:a user who may send it|the {role}) sends SR{variant} to the {meter}(?: {way})?"))
@needs(its_sender, its_role)
def whoever_may_sends(stage: Stage, *, role: str | None, variant: str, meter: str, way: str | None) -> None:
    device = stage.device(meter)
    may_send = stage.traffic.sender_of(service_request(variant), device.model.device_type)
    sender = stage.traffic.act_as(ROLES[role]) if role else may_send

    def ask(whom: StagedDevice) -> MadeRequest:
        return make_request(stage, whom, variant, sender=sender, way=WAYS[way or "over the WAN"])

    made, stage.again = ask(device), ask
    stage.sent, stage.flaw = made.exchange, made.flaw


@when(sentence("(?:the supplier|the {role}|a user who may send it) sends SR{variant} to both(?: {way})?"))
@needs(its_sender, its_role)
def sends_to_both(stage: Stage, role: str | None, variant: str, way: str | None) -> None:
    asked_so = WAYS[way or "over the WAN"]
    for name, device in stage.devices.items():
        may_send = stage.traffic.sender_of(service_request(variant), device.model.device_type)
        sender = stage.traffic.act_as(ROLES[role]) if role else may_send
        made = make_request(stage, device, variant, sender=sender, way=asked_so)
        stage.by_device[name] = made.exchange


def _other_users(words: Words) -> list[Need]:
    if words["activating"] == ANOTHER_SUPPLIER:
        return [Capability.REGISTER_USER]
    return [UserRole.OU] if NOT_ENTITLED in words.values() or OTHER_USER in words.values() else []


@when(
    sentence(
        f"(?:SR11.2 Read Firmware Version is sent (?P<wrongly>{'|'.join(WRONGLY)})"
        f"|SR11.3 Activate Firmware is sent (?P<activating>{'|'.join(ACTIVATING_WRONGLY)}))"
    )
)
@needs(_other_users)
def sent_wrongly(stage: Stage, wrongly: str | None = None, activating: str | None = None) -> None:
    meter = next(iter(stage.devices.values()))
    send = ACTIVATING_WRONGLY[activating] if activating else WRONGLY[str(wrongly)]
    stage.sent = send(stage, meter)


@when(
    sentence(f"a request for SR{{variant}} that is (?P<defect>{'|'.join(DEFECTS)}) is sent to the {{device}}")
)
def sent_bad(stage: Stage, variant: str, defect: str, device: str) -> None:
    stage.sent = send_bad(stage, stage.device(device_name(device)), defect, variant)


@given(
    sentence(
        "the supplier has sent SR11.2 Read Firmware Version to the {device}"
        "(?: in vain|(?P<stayed>, which stayed Suspended)|(?P<late>, whose response is under way))"
    )
)
def sent_in_vain(stage: Stage, device: str, stayed: str | None = None, late: str | None = None) -> None:
    staged = stage.device(device_name(device))
    made = make_request(stage, staged, "11.2")
    if not stayed:
        # A DSP that rejects SR11.2 misses what the scenario judges, so this is no mere precondition.
        expect_accepted(usable(made.exchange), rejection_code=stage.run.profile.rejection_code)
    if late:
        stage.await_command(staged, made.exchange)
        return
    if made.exchange.accepted:
        stage.await_outcome(made.exchange)
    if stayed:  # whether SR11.2 was accepted or not: what follows does not rest on it
        stage.remember(staged, DeviceStatus.SUSPENDED)


@when(sentence("SR{variant} {name} (?:to|about) the {device} is accepted(?P<answered> and answered)?"))
def ordinary_request(stage: Stage, *, variant: str, name: str, device: str, answered: str | None) -> None:
    """Make a request for its messages' sake: that it is not accepted is nothing that they do wrong."""
    _check_name(variant, name)
    made = make_request(stage, stage.device(device_name(device)), variant)
    stage.sent = made.exchange
    made.require_accepted(_NO_ORDINARY_REQUEST)
    if answered:
        stage.traffic.require_response(made.exchange)


def _is_barred(stage: Stage, device: StagedDevice, response: Response) -> bool:
    """Tell whether a request was rejected because its Device is Suspended."""
    suspended = stage.remembered(device).status is DeviceStatus.SUSPENDED
    return suspended and response.response_code is stage.run.profile.rejection_code


def _both_roles(words: Words) -> list[UserRole]:
    return [ROLES[str(words[name])] for name in ("role", "other")]


@when(
    sentence(
        f"the {{role}} and the (?P<other>{'|'.join(ROLES)})"
        " send SR{variant} {name} to the {device} at once"
    )
)
@needs(_both_roles)
def send_at_once(stage: Stage, *, role: str, other: str, variant: str, name: str, device: str) -> None:
    """Send the second request before the response to the first is waited for."""
    _check_name(variant, name)
    staged = stage.device(device_name(device))
    for who in (role, other):
        made = make_request(stage, staged, variant, sender=stage.traffic.act_as(ROLES[who]))
        if not stage.at_once and _is_barred(stage, staged, usable(made.exchange)):
            raise NotApplicable(
                f"SR{variant} is rejected for the Suspended {staged.name}, which is judged elsewhere, "
                "so that there are no responses to count"
            )
        made.require_accepted(_NO_ORDINARY_REQUEST)
        stage.at_once.append(made.exchange)


_AS_FOR_A_TWIN = "(?P<as_for_a_twin>, if a Commissioned twin may be sent it)?"


@then(sentence(f"the request is accepted{_AS_FOR_A_TWIN}"))
def is_accepted(stage: Stage, as_for_a_twin: str | None = None) -> None:
    def expect(made: MadeRequest) -> None:
        if made.flaw:
            raise RequirementNotMet(
                expected="a Pre-Command that does what was asked for",
                found=made.flaw,
                hint="compare the PreCommand in the answer to CV4 with the request",
            )
        expect_accepted(usable(made.exchange), rejection_code=stage.run.profile.rejection_code)

    _expect(stage, expect, as_for_a_twin)


def _expect(stage: Stage, expect: Callable[[MadeRequest], None], as_for_a_twin: str | None) -> None:
    made = MadeRequest(stage.last, stage.flaw)
    if not as_for_a_twin:
        expect(made)
        return
    assert stage.again is not None, "the feature's request cannot be made again"
    expect_as_for_a_twin(stage, made, stage.again, expect)


@then(sentence("the request is accepted for the {device}"))
def is_accepted_for(stage: Stage, device: str) -> None:
    expect_accepted_for(
        stage.device(device_name(device)).device_id,
        usable(stage.last),
        rejection_code=stage.run.profile.rejection_code,
    )


@then(sentence("SR{variant} {name} to the {device} is accepted again"))
def is_accepted_again(stage: Stage, variant: str, name: str, device: str) -> None:
    _check_name(variant, name)
    staged, code = stage.device(device_name(device)), stage.run.profile.rejection_code

    def again() -> Response:
        return usable(make_request(stage, staged, variant).exchange)

    # Whoever checks requests may learn of a new status as late as the inventory shows it.
    expect_accepted(
        once(stage.run, again, lambda response: response.response_code is not code), rejection_code=code
    )


@then(sentence(f"the request is accepted with the command for local delivery{_AS_FOR_A_TWIN}"))
def is_accepted_with_command(stage: Stage, as_for_a_twin: str | None = None) -> None:
    def expect(made: MadeRequest) -> None:
        request = made.exchange.request
        command = expect_local_command(
            usable(made.exchange),
            stage.traffic.local_command_of(made.exchange),
            code=None if request.command_variant in SENT_BOTH_WAYS else ResponseCode.I0,
            rejection_code=stage.run.profile.rejection_code,
        )
        if request.variant == "11.2":
            device_type = stage.device_of(made.exchange).model.device_type
            expect_read_command(command, request.request_id, device_type=device_type)

    require_local_delivery(stage, stage.last)
    _expect(stage, expect, as_for_a_twin)


@then(sentence("nothing is sent to the {device} over the WAN"))
def nothing_over_the_wan(stage: Stage, device: str) -> None:
    exchange, staged = stage.last, stage.device(device_name(device))
    hint = "with Command Variant 2 the user delivers the command, and nobody else"
    stage.expect_nothing_sent(exchange, staged, hint=hint)
    stage.traffic.when_the_run_ends(lambda: stage.expect_nothing_sent(exchange, staged, hint=hint))


@then("the request to the twin is accepted")
def twin_is_accepted(stage: Stage) -> None:
    require_twin_accepted(stage, stage.by_device["twin"])


@then("the request to the twin reached the twin")
def reached_the_twin(stage: Stage) -> None:
    stage.expect_reached(stage.by_device["twin"], stage.device("twin"))


@then(sentence("the request to the Suspended {device} is rejected for its device status or its type"))
def is_rejected_for_status_or_type(stage: Stage, device: str) -> None:
    codes = (stage.run.profile.rejection_code, ResponseCode.E11)
    reason = "SR11.2 is not for it, and it is Suspended"
    expect_rejected(usable(stage.by_device[device]), codes, reason=reason)


@then(sentence("the request to the {meter} is rejected"))
def is_rejected_somehow(stage: Stage, meter: str) -> None:
    expect_rejected(usable(stage.by_device[meter]), reason="the Device left service")


@then(sentence(f"the request is rejected because (?P<reason>{'|'.join(REASONS)})"))
def is_rejected_because(stage: Stage, reason: str) -> None:
    answer = stage.last.answer
    if reason == UNKNOWN_USER and answer is not None and answer.status in CLIENT_ERRORS:
        stage.traffic.record.observe(f"the unknown user is refused by HTTP {answer.status}")
        return
    response = usable(stage.last)
    if reason == WRONG_TYPE:
        require_display_known(stage, response)
    if reason == WRONG_VARIANT and response.response_code is stage.run.profile.rejection_code:
        stage.traffic.record.observe("the Device's status is checked before the Command Variant")
        response = usable(wrong_variant_to_a_commissioned(stage))
    expect_rejected(response, (REASONS[reason],), reason=reason)


@then("the request is refused")
def is_refused(stage: Stage) -> None:
    answer, trouble = stage.last.answer, stage.last.trouble
    if answer is None or (trouble is not None and trouble.unknown):
        usable(stage.last)
        return
    expect_refused(answer.status, stage.last.response)


@then(sentence("nothing of the refused request reached the {device}"))
def nothing_of_it_reached(stage: Stage, device: str) -> None:
    exchange, staged = stage.last, stage.device(device_name(device))
    lawful = int(exchange.request.request_id in stage.traffic.accepted)
    stage.expect_no_trace(exchange, staged, lawful=lawful)
    stage.traffic.when_the_run_ends(lambda: stage.expect_no_trace(exchange, staged, lawful=lawful))


@then(sentence("the same request(?: for SR{variant})? without the defect is accepted"))
def good_one_is_accepted(stage: Stage, variant: str | None = None) -> None:
    (device,) = stage.devices.values()
    made = MadeRequest(send_good(stage, device, variant)) if variant else make_request(stage, device, "11.2")
    made.require_accepted(
        "the good request was not accepted, so a refusal of the bad one would prove nothing"
    )


@then(sentence("the request to the Suspended {meter} is rejected for its device status"))
def is_rejected(stage: Stage, meter: str) -> None:
    exchange = stage.by_device[meter]
    if is_not_for_local_delivery(exchange):
        stage.traffic.record.observe("rejected as not available for local delivery, which is as good")
        return
    response = usable(exchange)
    if _is_rejected_later(stage, exchange):
        response = stage.traffic.response_to(exchange)
        stage.traffic.record.observe("the future-dated request is acknowledged, and rejected when it is due")
    expect_rejected_for_device_status(response, rejection_code=stage.run.profile.rejection_code)


def _is_rejected_later(stage: Stage, exchange: Exchange) -> bool:
    """Tell whether a request that must be rejected was acknowledged first, as a future-dated one may be."""
    return exchange.accepted and stage.traffic.due_of(exchange) is not None


@then(sentence("nothing of the rejected request (?:reached|(?P<ever>is ever sent to)) the {device}"))
def nothing_reached(stage: Stage, device: str, ever: str | None = None) -> None:
    exchange, staged = stage.by_device[device_name(device)], stage.device(device_name(device))

    def look() -> None:
        if ever:  # whatever became of the Device's record by then
            hint = "a rejected request is over: what becomes of the Device later does not bring it back"
            stage.expect_nothing_sent(exchange, staged, hint=hint)
        else:
            stage.expect_no_trace(exchange, staged, rejected_later=_is_rejected_later(stage, exchange))

    look()
    stage.traffic.when_the_run_ends(look, about=exchange)


@then("the rejected request leaves no trace")
def leaves_no_trace(stage: Stage) -> None:
    exchange = stage.last

    def look() -> None:
        for name, staged in stage.devices.items():
            if name != "twin":  # the twin's own request was accepted
                stage.expect_no_trace(exchange, staged)

    look()
    stage.traffic.when_the_run_ends(look)
