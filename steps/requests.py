"""When: requests of Service Users. Then: whether the DSP accepts them."""

from pytest_bdd import given, then, when

from dsp_conformance.report.expectations import (
    expect_accepted,
    expect_accepted_for,
    expect_rejected_for_device_status,
)
from dsp_conformance.report.verdicts import Cause, Inconclusive, RequirementNotMet
from fixtures.request_making import make_request
from fixtures.stage import Stage
from fixtures.traffic import service_request, usable
from steps.vocabulary import device_name, sentence


def _check_name(variant: str, name: str) -> None:
    """See that a feature calls a request by its name in the catalogue.

    Raises:
        LookupError: it does not; the feature is wrong.
    """
    if (catalogued := service_request(variant).name) != name:
        raise LookupError(f"the feature calls SR{variant} {name!r}, the catalogue {catalogued!r}")


@when(sentence("the supplier sends SR{variant} (?P<name>[A-Z][A-Za-z ]+) (?:to|about) the {device}"))
def sends(stage: Stage, variant: str, name: str, device: str) -> None:
    _check_name(variant, name)
    made = make_request(stage, stage.device(device_name(device)), variant)
    stage.sent, stage.flaw = made.exchange, made.flaw


@when(sentence("the supplier sends SR{variant} to both"))
def sends_to_both(stage: Stage, variant: str) -> None:
    for name, device in stage.devices.items():
        stage.by_device[name] = make_request(stage, device, variant).exchange


@given(sentence("the supplier has sent SR11.2 Read Firmware Version to the {device} in vain"))
def sent_in_vain(stage: Stage, device: str) -> None:
    staged = stage.device(device_name(device))
    made = make_request(stage, staged, "11.2")
    # A DSP that rejects SR11.2 misses what the scenario judges, so this is no mere precondition.
    expect_accepted(usable(made.exchange), rejection_code=stage.run.profile.rejection_code)
    stage.await_outcome(made.exchange)


@then("the request is accepted")
def is_accepted(stage: Stage) -> None:
    if stage.flaw:
        raise RequirementNotMet(
            expected="a Pre-Command that does what was asked for",
            found=stage.flaw,
            hint="compare the PreCommand in the answer to CV4 with the request",
        )
    expect_accepted(usable(stage.last), rejection_code=stage.run.profile.rejection_code)


@then(sentence("the request is accepted for the {device}"))
def is_accepted_for(stage: Stage, device: str) -> None:
    expect_accepted_for(
        stage.device(device_name(device)).device_id,
        usable(stage.last),
        rejection_code=stage.run.profile.rejection_code,
    )


@then(sentence("SR{variant} (?P<name>[A-Z][A-Za-z ]+) to the {device} is accepted again"))
def is_accepted_again(stage: Stage, variant: str, name: str, device: str) -> None:
    _check_name(variant, name)
    made = make_request(stage, stage.device(device_name(device)), variant)
    expect_accepted(usable(made.exchange), rejection_code=stage.run.profile.rejection_code)


@then("the request to the twin is accepted")
def twin_is_accepted(stage: Stage) -> None:
    exchange = stage.by_device["twin"]
    response = usable(exchange)
    if not exchange.accepted:
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            "the twin's request was not accepted, so a rejection would prove nothing",
            expected=f"SR{exchange.request.variant} accepted for the Commissioned twin",
            found=response.response_code.value,
            hint="a request body of the vendor's own may suit the DSP better; see also the DSP's log",
        )


@then(sentence("the request to the Suspended {meter} is rejected for its device status"))
def is_rejected(stage: Stage, meter: str) -> None:
    expect_rejected_for_device_status(
        usable(stage.by_device[meter]), rejection_code=stage.run.profile.rejection_code
    )


@then(sentence("nothing of the rejected request reached the {meter}"))
def nothing_reached(stage: Stage, meter: str) -> None:
    exchange, device = stage.by_device[meter], stage.device(meter)
    stage.expect_no_trace(exchange, device)
    stage.traffic.when_the_run_ends(lambda: stage.expect_no_trace(exchange, device))
