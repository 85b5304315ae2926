"""What does not end a suspension: the meter stays Suspended in the inventory, and barred from requests."""

from pytest_bdd import given, then, when

from dsp_conformance.duis.terms import DeviceType, UserRole
from dsp_conformance.testing import (
    WAYS,
    Cause,
    Course,
    Inconclusive,
    Response,
    Stage,
    Words,
    expect_rejected_for_device_status,
    expect_suspended_and_barred,
    look_at,
    looking_roles,
    make_request,
    needs,
    once,
    require_decided,
    send_and_look,
    sender_role,
    service_request,
    usable,
)
from steps.vocabulary import device_name, sentence

_REQUESTS = r"(?P<requests>\d+(?:\.\d+)+(?:, \d+(?:\.\d+)+)*)"


def _senders_and_lookers(words: Words) -> list[UserRole]:
    meter, variants = DeviceType(str(words["meter"])), _split(str(words["requests"]))
    senders = [sender_role(service_request(variant), meter) for variant in variants]
    return [*dict.fromkeys([*senders, *looking_roles(variants, meter)])]


@given(sentence("the {device} is barred from SR{variant}"))
def is_barred(stage: Stage, device: str, variant: str) -> None:
    """See that a request is rejected because the Device is Suspended, so that a change would show."""
    staged, code = stage.device(device_name(device)), stage.run.profile.rejection_code

    def ask() -> Response:
        return usable(make_request(stage, staged, variant).exchange)

    # Whoever checks requests may learn of a new status as late as the inventory shows it.
    found = once(stage.run, ask, lambda response: response.response_code is code).response_code
    if found is not code:
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            f"the {staged.name} is not barred from SR{variant} to begin with",
            expected=f"a rejection with {code}",
            found=found.value,
            hint="SCOPE-01 judges this by itself: see there first",
        )


@when(
    sentence(
        f"SR{_REQUESTS} (?:is|are) sent to the {{meter}}(?: {{way}})?,"
        " which is looked at after(?: each|wards)"
    ),
    target_fixture="course",
)
@needs(_senders_and_lookers)
def sent_and_looked_at(stage: Stage, requests: str, meter: str, way: str | None) -> Course:
    return send_and_look(stage, stage.device(meter), _split(requests), WAYS[way or "over the WAN"])


@then(sentence("the {meter} is still Suspended and still barred(?: every time)?"))
def still_suspended_and_barred(stage: Stage, meter: str, course: Course) -> None:
    device, code = stage.device(meter), stage.run.profile.rejection_code
    for look in course.looks:
        expect_suspended_and_barred(look, rejection_code=code)
    require_decided(course, device)
    after = tuple(variant for look in course.looks for variant in look.after)
    stage.traffic.when_the_run_ends(
        lambda: expect_suspended_and_barred(look_at(stage, device, after), rejection_code=code)
    )


@then(sentence("the {device} is still barred from SR{variant}"))
def is_still_barred(stage: Stage, device: str, variant: str) -> None:
    staged, code = stage.device(device_name(device)), stage.run.profile.rejection_code

    def look() -> None:
        response = usable(make_request(stage, staged, variant).exchange)
        expect_rejected_for_device_status(response, rejection_code=code)

    look()
    stage.traffic.when_the_run_ends(look)


def _split(requests: str) -> tuple[str, ...]:
    return tuple(requests.split(", "))
