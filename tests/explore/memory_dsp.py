"""A DSP in memory, on a clock of its own: written from the ledger's sentences, without the model.

Each fault in `FAULTS` breaks the ledger in one way, each habit in `HABITS` is lawful: one of the things that
the ledger never judges, or leaves open.
"""

from collections import Counter
from dataclasses import dataclass, field

from dsp_conformance.duis.catalogue import catalogue

FAULTS = {
    "reading-barred": {"MP105-01", "MP105-02", "MP105-03"},
    "reading-barred-for-gas": {"MP105-02"},
    "reading-barred-for-distributors": {"MP105-03"},
    "reading-for-later-barred": {"MP105-01", "MP105-02"},
    "lower-case-unknown": {"MP105-01", "MP105-02"},
    "no-restoration": {"MP105-04", "MP105-05"},
    "no-restoration-by-others": {"MP105-03"},
    "restores-to-commissioned": {"MP105-06"},
    "restores-to-first-status": {"MP105-06"},
    "second-step-overwrites": {"MP105-06"},
    "restart-forgets-status": {"MP105-06"},
    "restores-without-recording": {"MP105-04", "MP105-05"},
    "restores-anything": {"MP105-08"},
    "restores-near-versions": {"MP105-08"},
    "restores-withdrawn": {"MP105-08"},
    "restores-by-other-models": {"MP105-08"},
    "cpl-of-the-time-of-asking": {"MP105-08"},
    "error-restores": {"MP105-09"},
    "silence-restores": {"MP105-07", "MP105-09"},
    "reading-after-lost-activation-ignored": {"MP105-07"},
    "resent-activation-ignored": {"MP105-11"},
    "failed-activation-restores": {"MP105-11"},
    "activation-does-not-restore": {"BASE-06"},
    "activation-alert-ignored": {"BASE-06"},
    "duplicates-passed-on": {"DUIS-04"},
    "later-reading-does-not-restore": {"MP105-04", "MP105-05"},
    "open-to-4.1.1": {"SCOPE-01"},
    "open-at-second-suspension": {"SCOPE-01"},
    "open-for-later": {"SCOPE-01"},
    "open-once-another-is-restored": {"SCOPE-01"},
    "barred-after-restoration": {"SCOPE-01"},
    "wrong-status-code": {"SCOPE-01", "BASE-05"},
    "rejected-but-sent": {"SCOPE-02"},
    "ppmid-open": {"SCOPE-03"},
    "decommissioned-open": {"SCOPE-04"},
    "restores-neighbours": {"SCOPE-06"},
    "suspends-by-model": {"BASE-01"},
    "suspends-by-running": {"BASE-01"},
    "expired-not-noticed": {"BASE-01"},
    "critical-barred": {"BASE-02"},
    "one-critical-barred": {"BASE-02"},
    "image-for-suspended-refused": {"BASE-03"},
    "credentials-barred": {"BASE-04"},
    "smets1-top-up-barred": {"BASE-05"},
    "suspended-not-shown": {"BASE-07"},
    "critical-restores": {"BASE-08"},
    "image-restores": {"BASE-08"},
    "restart-restores": {"BASE-08"},
    "response-lost-at-times": {"MP105-01", "MP105-02", "DUIS-04"},
    "wrong-version-passed-on": {"MP105-01", "MP105-02", "DUIS-03"},
}
"""Each fault with the requirements of which it breaks one."""

HABITS = (
    "inventory-lags",
    "two-copies",
    "access-lags",
    "records-unlisted",
    "records-in-service",
    "unlisted-suspends-in-service",
    "relisting-restores",
    "removal-of-inactive-suspends",
    "other-statuses-suspended",
    "other-statuses-closed",
    "closed-to-installed",
    "local-refused-while-suspended",
    "rejects-when-due",
    "kept-requests-survive-suspension",
    "answers-after-suspension-restore",
    "late-responses-dropped",
    "failures-restore",
    "first-activation-restores",
    "uncertain-rows-refused",
    "takes-no-7.16",
    "commissioning-restores",
    "silent-about-silence",
    "asks-again",
    "alerts-not-passed-on",
    "shows-nothing-of-displays",
    "at-once-restores-nothing",
    "smets1-unreadable",
    "both-ways-acknowledged-by-I0",
    "new-credentials-cost-entitlement",
    "needless-images-refused",
)
"""What is lawful too."""

METERS = ("ESME", "GSME")
LIFE = ("Commissioned", "InstalledNotCommissioned")
GAVE_UP_AFTER = 4.0
LAG = 0.8
KEPT_FOR = 4.0
_UNCERTAIN = {("6.21", "ESME"), ("6.21", "GSME"), ("8.7.2", "ESME"), ("8.8.1", "GSME"), ("8.8.2", "ESME")}


@dataclass
class Meter:
    name: str
    model: str
    device_type: str
    hardware: str
    smets1: bool
    status: str
    version: str
    running: str
    before: str = ""
    first: str = ""
    image: str | None = None
    reachable: bool = True
    faults: list[tuple[str, str]] = field(default_factory=list)
    held: list["Question"] = field(default_factory=list)
    past: list[tuple[float, str, str]] = field(default_factory=list)
    suspensions: int = 0
    activations: int = 0
    lost: set[str] = field(default_factory=set)
    restored: bool = False
    entitled: bool = True


@dataclass
class Question:
    name: str
    meter: Meter
    variant: str
    role: str
    way: int
    asked: float
    suspended: bool
    due: float | None = None
    version: str = ""
    said: tuple[str | None, int | None] | None = None
    cpl: frozenset[tuple[str, str]] = frozenset()
    dropped: bool = False
    alert_due: float | None = None


class MemoryDsp:
    """The DSP and its Devices."""

    def __init__(self, *deviations: str) -> None:
        self.deviations = frozenset(deviations)
        self.clock = 100.0
        self.cpl: dict[tuple[str, str], str] = {}
        self.meters: dict[str, Meter] = {}
        self.kept: list[Question] = []
        self.waiting: list[Question] = []
        self.posted: list[tuple[str, str, str, object]] = []
        self.commands: Counter[str] = Counter()
        self.responses: Counter[str] = Counter()
        self.asked = 0
        self.at_once = False
        self.looks = 0

    def has(self, deviation: str) -> bool:
        return deviation in self.deviations

    # the clock

    def pass_time(self, seconds: float) -> None:
        end = self.clock + seconds
        while True:
            due = [q for q in self.kept if (q.due or 0) <= end]
            alerts = [q for m in self.meters.values() for q in m.held if q.alert_due and q.alert_due <= end]
            for question in due:
                self.clock = max(self.clock, question.due or 0)
                self.kept.remove(question)
                self.execute_kept(question)
            for question in alerts:
                self.clock = max(self.clock, question.alert_due or 0)
                question.meter.held.remove(question)
                self.alert(question)
            if not due and not alerts:
                break
        self.clock = max(self.clock, end)
        for question in list(self.waiting):
            if self.clock - question.asked > GAVE_UP_AFTER:
                self.waiting.remove(question)
                self.give_up(question)

    # records

    def write(self, meter: Meter, status: str | None = None, version: str | None = None) -> None:
        meter.past.append((self.clock, meter.status, meter.version))
        meter.status = status or meter.status
        meter.version = version or meter.version

    def as_of(self, meter: Meter, ago: float) -> tuple[str, str]:
        for until, status, version in meter.past:
            if until > self.clock - ago:
                return status, version
        return meter.status, meter.version

    def shown(self, name: str) -> tuple[str, str] | None:
        meter = self.meters[name]
        self.looks += 1
        if meter.device_type == "IHD" and self.has("shows-nothing-of-displays"):
            return "", ""
        if not meter.entitled:
            return None
        if self.has("suspended-not-shown") and meter.status == "Suspended":
            return None
        stale = self.has("inventory-lags") or (self.has("two-copies") and self.looks % 2)
        return self.as_of(meter, LAG) if stale else (meter.status, meter.version)

    # the CPL

    def active(self, meter: Meter, version: str) -> bool:
        if self.has("restores-by-other-models") and any(
            status == "Active" for (_, listed), status in self.cpl.items() if listed == version
        ):
            return True
        status = self.cpl.get((meter.model, version))
        if self.has("restores-near-versions") and any(
            model == meter.model and listed[:4] == version[:4] and each == "Active"
            for (model, listed), each in self.cpl.items()
        ):
            return True
        return status == "Active" or (self.has("restores-withdrawn") and status == "Withdrawn")

    def list_firmware(self, model: str, version: str, status: str) -> None:
        self.cpl[model, version] = status
        if status == "Active":
            self.listed(model, version)

    def listed(self, model: str, version: str) -> None:
        if self.has("relisting-restores"):
            for meter in self.meters.values():
                if meter.model == model and meter.version == version and meter.status == "Suspended":
                    self.write(meter, meter.before)

    def change_entry(self, model: str, version: str, to: str) -> None:
        was = self.cpl[model, version]
        if to == "deleted":
            del self.cpl[model, version]
        else:
            self.cpl[model, version] = to
        if to == "Active":
            self.listed(model, version)
            return
        if was == "Active" and self.has("expired-not-noticed") and to == "Expired":
            return
        for meter in self.meters.values():
            if meter.model == model and meter.device_type != "IHD":
                self.left(meter, version, was=was)

    def left(self, meter: Meter, version: str, *, was: str) -> None:
        concerned = meter.version == version
        if self.has("suspends-by-running"):
            concerned = meter.running == version
        if self.has("suspends-by-model"):
            concerned = True
        if not concerned:
            return
        if meter.status == "Suspended":
            if self.has("second-step-overwrites"):
                meter.before = "Commissioned"
            return
        if was != "Active" and not self.has("removal-of-inactive-suspends"):
            return
        if meter.status in LIFE or self.has("other-statuses-suspended"):
            self.suspend(meter)

    def suspend(self, meter: Meter) -> None:
        meter.before = meter.status
        meter.suspensions += 1
        meter.activations = 0
        meter.lost.clear()
        self.write(meter, "Suspended")

    def restore(self, meter: Meter, version: str) -> None:
        to = meter.before
        if self.has("restores-to-commissioned"):
            to = "Commissioned"
        if self.has("restores-to-first-status"):
            to = meter.first
        self.write(meter, to, meter.version if self.has("restores-without-recording") else version)
        meter.restored = True
        if self.has("restores-neighbours"):
            for other in self.meters.values():
                if other.model == meter.model and other.status == "Suspended":
                    self.write(other, other.before)

    # requests

    def ask(
        self,
        name: str,
        variant: str,
        role: str,
        way: int,
        *,
        later: bool = False,
        version: str = "",
        lower: bool = False,
    ) -> tuple[str, str, float | None]:
        """Return the request's name, the code of the answer, and when it is due."""
        self.asked += 1
        meter = self.meters[name]
        question = Question(
            f"q{self.asked}",
            meter,
            variant,
            role,
            way,
            self.clock,
            meter.status == "Suspended",
            version=version,
        )
        question.cpl = frozenset(key for key, status in self.cpl.items() if status == "Active")
        code = self.admitted(meter, variant, role, way, later=later)
        if lower and self.has("lower-case-unknown") and meter.status == "Suspended":
            code = "E19"
        if code not in {"I0", "I99"}:
            if self.has("rejected-but-sent") and meter.status == "Suspended":
                self.commands[question.name] += 1
            return question.name, code, None
        if variant.startswith(("6.15", "6.21", "6.23")) and self.has("new-credentials-cost-entitlement"):
            meter.entitled = False
        kept_by_the_device = variant == "11.3"
        if later and not kept_by_the_device:
            question.due = self.clock + KEPT_FOR
            self.kept.append(question)
            return question.name, "I99", question.due
        if way in {2, 6}:
            return question.name, "I0", None
        self.send(question, later=later)
        if way in {3, 7} and self.has("both-ways-acknowledged-by-I0"):
            return question.name, "I0", self.clock + KEPT_FOR if later else None
        return question.name, "I99", self.clock + KEPT_FOR if later else None

    def status_for_access(self, meter: Meter) -> str:
        if self.has("access-lags"):
            return self.as_of(meter, LAG)[0]
        if self.has("barred-after-restoration") and meter.restored:
            return "Suspended"
        return meter.status

    def admitted(self, meter: Meter, variant: str, role: str, way: int, *, later: bool) -> str:  # noqa: PLR0911 - written as it is read
        row = catalogue()[variant]
        status = self.status_for_access(meter)
        if not meter.entitled:
            return "E4"
        if variant == "11.2" and meter.device_type not in METERS:
            open_ = meter.device_type == "PPMID" and self.has("ppmid-open")
            return "I99" if open_ else "E11"
        if (variant, meter.device_type) in _UNCERTAIN and self.has("uncertain-rows-refused"):
            return "E11"
        if variant == "7.16" and self.has("takes-no-7.16"):
            return "E2"
        if status == "Suspended":
            return self.admitted_while_suspended(meter, variant, role, way, later=later)
        critical = row.kind.value == "critical"
        if status == "InstalledNotCommissioned" and not critical and self.has("closed-to-installed"):
            return "E51"
        if status in {"Decommissioned", "Withdrawn"} and variant == "11.2":
            return "I99" if self.has("decommissioned-open") else "E51"
        if status not in LIFE and self.has("other-statuses-closed"):
            return "E51"
        return "I99"

    def admitted_while_suspended(  # noqa: PLR0911 - written as it is read
        self, meter: Meter, variant: str, role: str, way: int, *, later: bool
    ) -> str:
        if way in {2, 3, 6, 7} and self.has("local-refused-while-suspended"):
            return "E17"
        if variant == "11.2":
            barred = (
                self.has("reading-barred")
                or (self.has("reading-barred-for-gas") and meter.device_type == "GSME")
                or (self.has("reading-barred-for-distributors") and role == "ED")
                or (self.has("reading-for-later-barred") and later)
            )
            return "E51" if barred else "I99"
        if catalogue()[variant].kind.value == "critical":
            barred = self.has("critical-barred") or (self.has("one-critical-barred") and variant == "7.2")
            return "E51" if barred else "I99"
        if variant == "6.23":
            return "E51" if self.has("credentials-barred") else "I99"
        if variant == "2.2" and meter.smets1 and way == 2:
            return "E51" if self.has("smets1-top-up-barred") else "I0"
        if self.has("open-to-4.1.1") and variant == "4.1.1":
            return "I99"
        if self.has("open-at-second-suspension") and meter.suspensions > 1:
            return "I99"
        if self.has("open-once-another-is-restored") and any(
            other.restored
            for other in self.meters.values()
            if other.model == meter.model and other is not meter
        ):
            return "I99"
        if later and (self.has("open-for-later") or self.has("rejects-when-due")):
            return "I99"
        return "E5" if self.has("wrong-status-code") else "E51"

    def image(self, names: tuple[str, ...], version: str) -> dict[str, bool]:
        taken = {}
        for name in names:
            meter = self.meters[name]
            taken[name] = not (self.has("image-for-suspended-refused") and meter.status == "Suspended")
            if version == meter.version and self.has("needless-images-refused"):
                taken[name] = False
            if taken[name] and meter.reachable:
                meter.image = version
            if self.has("image-restores") and meter.status == "Suspended":
                self.write(meter, meter.before)
        return taken

    # what happens at Devices

    def execute_kept(self, question: Question) -> None:
        meter = question.meter
        if question.variant == "11.2" and meter.device_type in METERS:
            allowed = question.suspended or meter.status != "Suspended"
            allowed = allowed or self.has("kept-requests-survive-suspension")
        else:
            allowed = meter.status != "Suspended" or self.has("open-for-later")
        if not allowed:
            self.post(question, "E51", None)
            return
        self.send(question)

    def send(self, question: Question, *, later: bool = False) -> None:  # noqa: C901 - written as it is read
        meter = question.meter
        if question.variant == "11.3":
            meter.activations += 1
        if not meter.reachable:
            self.waiting.append(question)
            return
        fault = next((each for variant, each in meter.faults if variant == question.variant), "")
        if fault:
            meter.faults.remove((question.variant, fault))
        if fault == "unreachable":
            self.waiting.append(question)
            return
        self.commands[question.name] += 1
        if later:
            question.alert_due = self.clock + KEPT_FOR
            meter.held.append(question)
            self.post(question, "I0", ("accepted-only",))
            return
        question.said = self.carried_out(meter, question, error=fault == "device-error")
        match fault:
            case "response-lost":
                if question.variant == "11.3":
                    meter.lost.add(question.version)
                if self.has("asks-again"):
                    self.send(question)
                else:
                    self.waiting.append(question)
            case "response-held":
                meter.held.append(question)
                self.waiting.append(question)
            case "duplicate-response":
                self.arrived(question)
                self.arrived(question, again=True)
            case _:
                self.arrived(question)

    def carried_out(self, meter: Meter, question: Question, *, error: bool) -> tuple[str | None, int | None]:
        if question.variant == "11.2":
            return (None, None) if error else (meter.running, None)
        if question.variant != "11.3":
            return None, None
        if error:
            return meter.running, 3
        if meter.image is None:
            return meter.running, 1
        if meter.image != question.version:
            return meter.running, 2
        meter.running, meter.image = meter.image, None
        return meter.running, 0

    def alert(self, question: Question) -> None:
        question.said = self.carried_out(question.meter, question, error=False)
        version, outcome = question.said
        if not self.has("activation-alert-ignored"):
            self.activation_told(question, version or "", outcome or 0)
        if not self.has("alerts-not-passed-on"):
            self.post(question, "I0", ("alert", version, outcome))

    # what the DSP makes of it

    def arrived(self, question: Question, *, again: bool = False, late: bool = False) -> None:  # noqa: C901, PLR0912 - written as it is read
        meter = question.meter
        version, outcome = question.said or (None, None)
        if question.variant == "11.2":
            if version is None:
                if self.has("error-restores") and meter.status == "Suspended":
                    self.write(meter, meter.before)
            else:
                self.reading_told(question, version)
        elif question.variant == "11.3":
            self.activation_told(question, version or "", outcome or 0)
        elif meter.status == "Suspended" and (
            (question.variant == "2.3" and self.has("critical-restores"))
            or (question.variant == "8.1.1" and self.has("commissioning-restores"))
        ):
            self.write(meter, meter.before)
        if again and not self.has("duplicates-passed-on"):
            return
        if late and self.has("late-responses-dropped"):
            return
        if self.has("response-lost-at-times") and int(question.name[1:]) % 5 == 0:
            return
        if question.variant == "11.2" and version and self.has("wrong-version-passed-on"):
            self.post(question, "I0", ("reading", meter.version))
        elif question.variant == "11.2" and meter.smets1 and self.has("smets1-unreadable"):
            self.post(question, "I0", None)
        elif question.variant == "11.2":
            self.post(question, "I0", ("reading", version) if version else ("failed",))
        elif question.variant == "11.3":
            self.post(question, "I0", ("activation", version, outcome))
        else:
            self.post(question, "I0", None)

    def reading_told(self, question: Question, version: str) -> None:  # noqa: C901 - written as it is read
        meter = question.meter
        if meter.device_type not in METERS:
            return
        if meter.status != "Suspended":
            if self.has("records-in-service"):
                self.write(meter, version=version)
            if self.has("unlisted-suspends-in-service") and not self.active(meter, version):
                self.write(meter, version=version)
                if meter.status in LIFE:
                    self.suspend(meter)
            return
        if not question.suspended and not self.has("answers-after-suspension-restore"):
            return
        listed = self.active(meter, version)
        if self.has("cpl-of-the-time-of-asking"):
            listed = (meter.model, version) in question.cpl
        if not (listed or self.has("restores-anything")):
            if self.has("records-unlisted"):
                self.write(meter, version=version)
            return
        ignored = (
            self.has("no-restoration")
            or (self.at_once and self.has("at-once-restores-nothing"))
            or (self.has("no-restoration-by-others") and question.role not in {"IS", "GS"})
            or (self.has("later-reading-does-not-restore") and question.due is not None)
            or (self.has("reading-after-lost-activation-ignored") and version in meter.lost)
        )
        if not ignored:
            self.restore(meter, version)

    def activation_told(self, question: Question, version: str, outcome: int) -> None:
        meter = question.meter
        listed = self.active(meter, version)
        if outcome == 0:
            if meter.status == "Suspended" and listed and not self.has("activation-does-not-restore"):
                self.restore(meter, version)
            else:
                self.write(meter, version=version)
                if self.has("unlisted-suspends-in-service") and not listed and meter.status in LIFE:
                    self.suspend(meter)
            return
        if meter.status != "Suspended":
            return
        if self.has("failed-activation-restores"):
            self.write(meter, meter.before)
            return
        resent = outcome == 1 and (meter.activations > 1 or self.has("first-activation-restores"))
        if listed and (resent or self.has("failures-restore")) and not self.has("resent-activation-ignored"):
            self.restore(meter, version)

    def give_up(self, question: Question) -> None:
        meter = question.meter
        if self.has("silence-restores") and meter.status == "Suspended":
            self.write(meter, meter.before)
        if not self.has("silent-about-silence"):
            self.post(question, "E21", None)

    def post(self, question: Question, code: str, what: object) -> None:
        if code == "I0" and not (isinstance(what, tuple) and what[0] == "alert"):
            self.responses[question.name] += 1
        self.posted.append((question.name, question.meter.name, code, what))

    def release(self, name: str) -> None:
        meter = self.meters[name]
        held = [question for question in meter.held if question.alert_due is None]
        meter.held = [question for question in meter.held if question.alert_due is not None]
        for question in held:
            late = question not in self.waiting
            if not late:
                self.waiting.remove(question)
            self.arrived(question, late=late)

    def restart(self) -> None:
        for meter in self.meters.values():
            if self.has("restart-forgets-status") and meter.before:
                meter.before = "Commissioned"
            if self.has("restart-restores") and meter.status == "Suspended":
                self.write(meter, meter.before)
