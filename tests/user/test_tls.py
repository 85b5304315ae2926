"""The Service User over TLS: it posts to an https DSP, and takes what that posts to an https receiver."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.terms import Service
from dsp_conformance.tls.contexts import tls_adapter
from dsp_conformance.tls.settings import ClientTls, OwnCertificate, ServerTls
from dsp_conformance.tls.troubles import TlsFlaw, tls_trouble
from dsp_conformance.user.receiver import running_receiver
from dsp_conformance.user.receiver_settings import ReceiverSettings, ReceiverUnusable
from dsp_conformance.user.transport import DuisTransport, Endpoints, Obstacle, TargetUnreachable, utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.smki.pki import EphemeralPki
    from dsp_conformance.user.inbox import Inbox
    from dsp_conformance.user.inspection import Inspector
    from tests.user.conftest import Pen

REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
XML = {"Content-Type": "application/xml"}


@pytest.fixture(scope="module")
def folder(pki: EphemeralPki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    pki.write(folder, [pki.tls_server(["127.0.0.1"]), pki.tls_client()])
    return folder


def own(folder: Path, name: str) -> OwnCertificate:
    return OwnCertificate(folder / "tls" / f"{name}.pem", folder / "tls" / f"{name}.key.pem")


def post(url: str, octets: bytes, tls: ClientTls) -> int:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", tls_adapter(tls))
        return session.post(url, octets, headers=XML, timeout=10).status_code


def test_the_receiver_takes_messages_of_clients_that_show_a_certificate(
    folder: Path, inspector: Inspector, inbox: Inbox, pen: Pen
) -> None:
    settings = ReceiverSettings(tls=ServerTls(own(folder, "server"), folder / "root.pem"))
    with running_receiver(settings, inspector, inbox) as url:
        assert url.startswith("https://127.0.0.1:")
        client = ClientTls(folder / "root.pem", own(folder, "client"))
        assert post(url, pen.answer(REQUEST_ID), client) == 204
        with pytest.raises(requests.ConnectionError) as caught:
            post(url, pen.answer(REQUEST_ID), replace(client, own=None))
    trouble = tls_trouble(caught.value, url, replace(client, own=None))
    assert trouble is not None
    assert trouble.flaw is TlsFlaw.HUNG_UP, "servers on asyncio send no alert"
    assert "[tls] certificate" in trouble.hint
    assert len(inbox.everything()) == 1
    (away,) = inbox.turned_away_since(utc_now() - timedelta(minutes=1))
    assert "peer did not return a certificate" in away
    assert inbox.account(20)[away] == 1


def test_a_receiver_that_demands_no_certificate_takes_anybodys_message(
    folder: Path, inspector: Inspector, inbox: Inbox, pen: Pen
) -> None:
    with running_receiver(ReceiverSettings(tls=ServerTls(own(folder, "server"))), inspector, inbox) as url:
        assert post(url, pen.answer(REQUEST_ID), ClientTls(folder / "root.pem")) == 204


def test_files_that_went_away_since_they_were_checked_end_the_run_before_it_starts(
    folder: Path, inspector: Inspector, inbox: Inbox, tmp_path: Path
) -> None:
    settings = ReceiverSettings(tls=ServerTls(own(tmp_path, "server"), folder / "root.pem"))
    with pytest.raises(ReceiverUnusable, match=r"\[receiver.tls\]: certificate"):
        running_receiver(settings, inspector, inbox).__enter__()


def test_what_is_wrong_with_tls_is_an_obstacle_on_the_way_to_the_dsp(
    folder: Path, inspector: Inspector, inbox: Inbox, pen: Pen
) -> None:
    # Any https server will do for a DSP that cannot be reached: the suite's own receiver is at hand.
    settings = ReceiverSettings(tls=ServerTls(own(folder, "server"), folder / "root.pem"))
    with running_receiver(settings, inspector, inbox) as url:
        endpoints = Endpoints(url, url, url)
        for tls, flaw, key in (
            (ClientTls(), TlsFlaw.WRONG_AUTHORITY, "[tls] ca"),
            (ClientTls(folder / "root.pem"), TlsFlaw.HUNG_UP, "[tls] certificate"),
        ):
            with pytest.raises(TargetUnreachable) as caught:
                DuisTransport(endpoints, tls=tls).post(Service.SEND_COMMAND, b"x" * 100_000)
            assert caught.value.obstacle is Obstacle.TLS
            assert caught.value.tls is not None
            assert (caught.value.tls.flaw, caught.value.tls.key) == (flaw, key)
        known = DuisTransport(endpoints, tls=ClientTls(folder / "root.pem", own(folder, "client")))
        assert known.post(Service.SEND_COMMAND, pen.answer(REQUEST_ID)).status == 204
