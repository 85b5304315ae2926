"""The files and secrets that a target file names: found, loaded and checked against what they are for."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from dsp_conformance.duis.schema import DuisSchema, SchemaFolderError
from dsp_conformance.smki.certificates import check_certificate, load_certificates
from dsp_conformance.smki.credentials import load_credential
from dsp_conformance.smki.errors import Defect, SmkiError
from dsp_conformance.smki.identity import CertificateRole, KeyUse
from dsp_conformance.target.errors import TargetError, TargetProblem
from dsp_conformance.target.secrets import Secrets, key_lines, shows_a_name
from dsp_conformance.target.testbed_form import CommandForm, ControlApiForm, ManualForm, ProvisionedForm
from dsp_conformance.target.values import DspSettings, Profile, Target, endpoints_under
from dsp_conformance.testbed.settings import (
    CommandSettings,
    ControlApiSettings,
    ManualSettings,
    ProvisionedSettings,
)
from dsp_conformance.tls.files import Purpose, check_authorities, check_own
from dsp_conformance.tls.settings import ClientTls, OwnCertificate, ServerTls
from dsp_conformance.user.receiver_settings import ReceiverSettings
from dsp_conformance.user.service_user import ServiceUser
from dsp_conformance.user.transport import Endpoints, Timeouts

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.x509 import Certificate

    from dsp_conformance.smki.credentials import Credential
    from dsp_conformance.target.form import (
        DspForm,
        LimitsForm,
        ProfileForm,
        ReceiverForm,
        SchemaForm,
        TargetForm,
        UserForm,
    )
    from dsp_conformance.target.testbed_form import TestbedForm
    from dsp_conformance.target.tls_form import ReceiverTlsForm, TlsForm
    from dsp_conformance.testbed.settings import TestbedSettings

__all__ = ["Loader"]

_RELATIVE = "Check the path; a relative one starts at the target file's folder."
_PASSWORD_DEFECTS = frozenset({Defect.PASSWORD_NEEDED, Defect.PASSWORD_WRONG})
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised here, not bound to
_DECLARED = {"yes": True, "no": False, "undeclared": None}


class Loader:
    """Loads what one target file names, and keeps account of what is wrong.

    Args:
        path: the target file; the paths in it are relative to its folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: list[TargetProblem] = []
        self._secrets: set[str] = set()
        self._key_lines: set[str] = set()

    def load(self, form: TargetForm) -> Target:
        """Load everything.

        Raises:
            TargetError: with every problem there is.
        """
        limit = form.limits.max_message_size
        dsp = self._dsp(form.dsp)
        users = self._users(form.users)
        own_paths = tuple(one.receive_path for one in form.users if one.receive_path is not None)
        receiver = self._receiver(form.receiver, form.limits, own_paths)
        tls = ClientTls() if form.tls is None else self._client_tls("tls", form.tls)
        testbed = self._testbed(form.testbed, tls)
        schema = self._schema(form.schema_files)
        if self._problems or testbed is None:
            raise TargetError(self._path, tuple(self._problems))
        timeouts = Timeouts(form.timeouts.connect, form.timeouts.answer, form.timeouts.response)
        profile = _profile(form.profile)
        baseline = None if form.baseline is None else self._path.parent / form.baseline.file
        bodies = None if form.request_bodies is None else self._path.parent / form.request_bodies.folder
        return Target(
            self._path,
            dsp,
            users,
            receiver,
            testbed,
            schema,
            timeouts,
            limit,
            profile,
            bodies,
            baseline,
            tls,
            operator=form.report.operator or "",
            secrets=Secrets(frozenset(self._secrets), frozenset(self._key_lines)),
        )

    def _report(self, section: str, key: str, expected: str, found: str, hint: str = "") -> None:
        self._problems.append(TargetProblem(section, key, expected, found, hint=hint))

    def _dsp(self, form: DspForm) -> DspSettings:
        certificates: list[Certificate] = []
        for number, name in enumerate(form.signing_certificates, 1):
            path = self._path.parent / name
            try:
                loaded = load_certificates(path)
                for certificate in loaded:
                    check_certificate(certificate, roles={CertificateRole.DSP_XML_SIGNING}, path=path)
            except SmkiError as error:
                self._smki("dsp", f"signing_certificates[{number}]", error)
            else:
                certificates.extend(loaded)
        return DspSettings(form.name, form.version, self._endpoints(form), form.dcc_id, tuple(certificates))

    def _endpoints(self, form: DspForm) -> Endpoints | None:
        own = {
            "send_command_url": form.send_command_url,
            "non_device_url": form.non_device_url,
            "transform_url": form.transform_url,
        }
        lacking = [key for key, url in own.items() if url is None]
        if form.base_url is not None:
            if len(lacking) < len(own):
                hint = "Keep one of the two ways to say where the services are."
                self._report("dsp", "base_url", "base_url or three service URLs", "both", hint)
            return endpoints_under(form.base_url)
        if form.send_command_url and form.non_device_url and form.transform_url:
            return Endpoints(form.send_command_url, form.non_device_url, form.transform_url)
        if len(lacking) < len(own):
            for key in lacking:
                self._report("dsp", key, "all three service URLs, or base_url instead", "nothing")
        return None

    def _users(self, forms: list[UserForm]) -> tuple[ServiceUser, ...]:
        first: dict[object, int] = {}
        paths: dict[str, int] = {}
        users = []
        for number, form in enumerate(forms, 1):
            section = f"users[{number}]"
            if (earlier := first.setdefault(form.eui, number)) != number:
                found = f"{form.eui}, as in users[{earlier}]"
                hint = "Give a Service User with several roles once, with all of them."
                self._report(section, "eui", "an EUI-64 of its own for every user", found, hint)
            path = (form.receive_path or "").rstrip("/")
            if form.receive_path is not None and (earlier := paths.setdefault(path, number)) != number:
                found = f"{form.receive_path}, as in users[{earlier}]"
                self._report(section, "receive_path", "a path of its own for every user", found)
            user = self._user(section, form)
            if user is not None:
                users.append(user)
        return tuple(users)

    def _user(self, section: str, form: UserForm) -> ServiceUser | None:
        password = self._secret(section, "key_password_env", form.key_password_env)
        if form.key_password_env is not None and password is None:
            return None

        def credential(certificate_key: str, key_key: str, use: KeyUse) -> Credential | None:
            certificate, key = getattr(form, certificate_key), getattr(form, key_key)
            if certificate is None or key is None:
                if certificate is not None or key is not None:
                    absent, present = (
                        (certificate_key, key_key) if certificate is None else (key_key, certificate_key)
                    )
                    self._report(section, absent, f"the path that goes with {present}", "nothing")
                return None
            folder = self._path.parent
            self._key_lines.update(key_lines(folder / key))
            try:
                # Dates and role are for the DSP to judge (wire.md); `target.doubts` tells of them.
                return load_credential(
                    folder / certificate,
                    folder / key,
                    password=password,
                    eui=form.eui,
                    use=use,
                    in_force=False,
                )
            except SmkiError as error:
                if error.defect in _PASSWORD_DEFECTS:
                    self._smki(section, "key_password_env", error)
                else:
                    self._smki(section, key_key if error.what == "private key" else certificate_key, error)
                return None

        xml_signing = credential("certificate", "key", KeyUse.SIGNING)
        gbcs_signing = credential("gbcs_signing_certificate", "gbcs_signing_key", KeyUse.SIGNING)
        gbcs_key_agreement = credential(
            "gbcs_key_agreement_certificate", "gbcs_key_agreement_key", KeyUse.KEY_AGREEMENT
        )
        if xml_signing is None:
            return None
        roles = frozenset(form.roles)
        return ServiceUser(form.eui, roles, xml_signing, gbcs_signing, gbcs_key_agreement, form.receive_path)

    def _receiver(
        self, form: ReceiverForm, limits: LimitsForm, further_paths: tuple[str, ...]
    ) -> ReceiverSettings:
        if form.bind.host in _EVERYWHERE and form.public_url is None:
            found = "nothing, while bind listens on every address"
            self._report("receiver", "public_url", "the address at which the DSP reaches it", found)
        tls = None if form.tls is None else self._receiver_tls(form.tls)
        return ReceiverSettings(
            form.bind.host,
            form.bind.port,
            form.public_url,
            limits.max_message_size,
            tls,
            form.path,
            limits.max_messages_per_second,
            further_paths,
        )

    def _receiver_tls(self, form: ReceiverTlsForm) -> ServerTls | None:
        own = self._own_certificate("receiver.tls", form, Purpose.SERVER)
        client_ca = self._authorities("receiver.tls", "client_ca", form.client_ca)
        return None if own is None else ServerTls(own, client_ca)

    def _client_tls(self, section: str, form: TlsForm) -> ClientTls:
        own = self._own_certificate(section, form, Purpose.CLIENT)
        ca = self._authorities(section, "ca", form.ca)
        if ca is not None and not form.verify:
            hint = "Leave one of them out: with verify = false no certificate is checked."
            self._report(section, "verify", "true, or no ca beside it", "false", hint)
        return ClientTls(ca, own, form.verify, section)

    def _own_certificate(
        self, section: str, form: TlsForm | ReceiverTlsForm, purpose: Purpose
    ) -> OwnCertificate | None:
        password = self._secret(section, "key_password_env", form.key_password_env)
        if form.key_password_env is not None and password is None:
            return None
        if form.certificate is None or form.key is None:
            if form.certificate is not None or form.key is not None:
                absent, present = (
                    ("certificate", "key") if form.certificate is None else ("key", "certificate")
                )
                self._report(section, absent, f"the path that goes with {present}", "nothing")
            return None
        self._key_lines.update(key_lines(self._path.parent / form.key))
        own = OwnCertificate(self._path.parent / form.certificate, self._path.parent / form.key, password)
        try:
            check_own(own, purpose)
        except SmkiError as error:
            if error.defect in _PASSWORD_DEFECTS:
                self._smki(section, "key_password_env", error)
            else:
                self._smki(section, "key" if error.what == "private key" else "certificate", error)
            return None
        return own

    def _authorities(self, section: str, key: str, name: str | None) -> Path | None:
        if name is None:
            return None
        path = self._path.parent / name
        try:
            check_authorities(path)
        except SmkiError as error:
            self._smki(section, key, error)
        return path

    def _testbed(self, form: TestbedForm, tls: ClientTls) -> TestbedSettings | None:
        match form:
            case ControlApiForm():
                return self._control_api(form, tls)
            case CommandForm():
                return self._command(form)
            case ManualForm():
                return ManualSettings(frozenset(form.capabilities))
            case ProvisionedForm():
                return self._provisioned(form)

    def _control_api(self, form: ControlApiForm, tls: ClientTls) -> ControlApiSettings:
        token = self._secret("testbed", "token_env", form.token_env)
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
            expected = f"a bearer token in the environment variable {form.token_env}"
            found = "something with spaces, or with other than printable ASCII characters (not shown)"
            self._report("testbed", "token_env", expected, found)
        tls = tls if form.tls is None else self._client_tls("testbed.tls", form.tls)
        return ControlApiSettings(form.url, token, tls)

    def _provisioned(self, form: ProvisionedForm) -> ProvisionedSettings | None:
        from dsp_conformance.testbed.device_list import (  # noqa: PLC0415 - used in few runs
            DeviceListError,
            load_device_list,
        )

        try:
            return ProvisionedSettings(load_device_list(self._path.parent / form.devices))
        except DeviceListError as error:
            self._report("testbed", "devices", "a list of Devices that can be used", "none", str(error))
            return None

    def _command(self, form: CommandForm) -> CommandSettings | None:
        """Find the program: beside the target file if its name holds a slash, else on the PATH."""
        folder = self._path.parent.absolute()
        program, *arguments = form.command
        own = "/" in program
        found = shutil.which(str(folder / program) if own else program)
        if found is None:
            what = f"none at {folder / program}" if own else f"no {program!r} on the PATH"
            hint = (
                _RELATIVE if own else "One that stands beside the target file is written with './' before it."
            )
            self._report("testbed", "command[1]", "a program that may be executed", what, hint)
            return None
        return CommandSettings((found, *arguments), folder, form.timeout, form.one_at_a_time)

    def _schema(self, form: SchemaForm | None) -> DuisSchema:
        if form is not None:
            try:
                return DuisSchema.from_folder(self._path.parent / form.folder)
            except SchemaFolderError as error:
                self._report("schema", "folder", error.expected, f"{error.found} ({error.path})", error.hint)
        return DuisSchema.bundled()

    def _secret(self, section: str, key: str, name: str | None) -> str | None:
        if name is None:
            return None
        value = os.environ.get(name, "")
        if not value:
            # A secret that was put in the place of its variable's name must not be told either.
            named = name if shows_a_name(name) else "that it names (not shown)"
            expected = f"the environment variable {named} to hold the secret"
            found = "it empty" if name in os.environ else "no such variable"
            self._report(section, key, expected, found, "Set it in the environment of this program.")
            return None
        self._secrets.add(value)
        return value

    def _smki(self, section: str, key: str, error: SmkiError) -> None:
        found = error.found if error.path is None else f"{error.found} ({error.path})"
        hint = _RELATIVE if error.defect is Defect.MISSING else error.hint
        self._report(section, key, error.expected, found, hint)


def _profile(form: ProfileForm) -> Profile:
    return Profile(
        rejection_code=form.rejection_code,
        settle_seconds=form.settle_seconds,
        silence_seconds=form.silence_seconds,
        enforce_assumed=form.assumed == "enforce",
        duis_version=form.duis_version,
        smets1=_DECLARED[form.smets1],
        resent_activation=_DECLARED[form.resent_activation],
        secmp0007=_DECLARED[form.secmp0007],
        local_delivery=_DECLARED[form.local_delivery],
    )
