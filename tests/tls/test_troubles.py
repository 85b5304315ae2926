from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.smki.pki import TlsCredentials
from dsp_conformance.tls.contexts import server_context
from dsp_conformance.tls.settings import ClientTls, ServerTls
from dsp_conformance.tls.troubles import TlsFlaw

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tls.conftest import HangUp, Parties, Serve, Troubled


def test_two_ends_that_know_each_other_connect(
    parties: Parties, serve: Serve, status: Callable[[str, ClientTls], int]
) -> None:
    with serve(ServerTls(parties.own("server"), parties.ca)) as port:
        assert status(f"https://127.0.0.1:{port}/", ClientTls(parties.ca, parties.own("client"))) == 204


def test_an_issuing_authority_alone_is_an_anchor(
    parties: Parties, serve: Serve, status: Callable[[str, ClientTls], int]
) -> None:
    issuing = parties.folder / "issuing.pem"
    with serve(ServerTls(parties.own("server"), issuing)) as port:
        assert status(f"https://127.0.0.1:{port}/", ClientTls(issuing, parties.own("client"))) == 204


@pytest.mark.filterwarnings("error")
def test_any_server_is_taken_where_the_check_is_turned_off(
    strangers: Parties, serve: Serve, status: Callable[[str, ClientTls], int]
) -> None:
    with serve(ServerTls(strangers.own("server"))) as port:
        assert status(f"https://localhost:{port}/", ClientTls(verify=False)) == 204


@pytest.mark.parametrize("trusts_own", [True, False], ids=["a CA of its own", "the machine's"])
def test_a_server_of_another_authority_is_told_by_the_key_ca(
    parties: Parties, strangers: Parties, serve: Serve, troubled: Troubled, *, trusts_own: bool
) -> None:
    tls = ClientTls(parties.ca if trusts_own else None)
    with serve(ServerTls(strangers.own("server"))) as port:
        trouble = troubled(f"https://127.0.0.1:{port}/", tls)
    assert trouble is not None
    assert (trouble.flaw, trouble.key) == (TlsFlaw.WRONG_AUTHORITY, "[tls] ca")
    assert "[tls] ca" in trouble.hint
    assert (str(parties.ca) in trouble.expected) is trusts_own


@pytest.mark.parametrize(
    ("begin", "end", "flaw"),
    [
        (timedelta(days=-2), timedelta(days=-1), TlsFlaw.EXPIRED),
        (timedelta(days=1), timedelta(days=2), TlsFlaw.NOT_YET_VALID),
    ],
)
def test_a_server_whose_certificate_is_out_of_date_is_told(
    parties: Parties, serve: Serve, troubled: Troubled, begin: timedelta, end: timedelta, flaw: TlsFlaw
) -> None:
    issuer = parties.issuer(begin, end)
    credential = issuer.tls_server("dated", ["127.0.0.1"])
    own = parties.issue(TlsCredentials(f"dated-{end.days}", credential, parties.pki.issuing))
    with serve(ServerTls(own)) as port:
        trouble = troubled(f"https://127.0.0.1:{port}/", ClientTls(parties.ca))
    assert trouble is not None
    assert trouble.flaw is flaw
    assert "clock" in trouble.hint


def test_a_server_that_goes_by_another_name_is_told_by_the_key_of_its_url(
    parties: Parties, serve: Serve, troubled: Troubled
) -> None:
    with serve(ServerTls(parties.own("server"))) as port:
        trouble = troubled(f"https://localhost:{port}/", ClientTls(parties.ca))
    assert trouble is not None
    assert (trouble.flaw, trouble.key) == (TlsFlaw.WRONG_HOST, "[dsp] base_url")
    assert "localhost" in trouble.expected
    assert "[dsp] base_url" in trouble.hint


def test_an_address_that_the_certificate_does_not_name_is_another_host(
    parties: Parties, serve: Serve, troubled: Troubled
) -> None:
    own = parties.issue(parties.pki.tls_server(["127.0.0.2"], name="elsewhere"))
    with serve(ServerTls(own)) as port:
        trouble = troubled(f"https://127.0.0.1:{port}/", ClientTls(parties.ca))
    assert trouble is not None
    assert trouble.flaw is TlsFlaw.WRONG_HOST


def test_a_certificate_for_clients_serves_no_server(
    parties: Parties, serve: Serve, troubled: Troubled
) -> None:
    with serve(ServerTls(parties.own("client"))) as port:
        trouble = troubled(f"https://127.0.0.1:{port}/", ClientTls(parties.ca))
    assert trouble is not None
    assert trouble.flaw is TlsFlaw.NOT_A_SERVER


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize(
    ("shown", "flaw"),
    [
        (None, TlsFlaw.NO_CLIENT_CERTIFICATE),
        ("strangers", TlsFlaw.CLIENT_REFUSED),
        ("expired", TlsFlaw.CLIENT_REFUSED),
    ],
)
def test_a_server_that_wants_another_client_certificate_or_any_is_told_by_the_key_certificate(
    parties: Parties,
    strangers: Parties,
    serve: Serve,
    troubled: Troubled,
    version: ssl.TLSVersion,
    shown: str | None,
    flaw: TlsFlaw,
) -> None:
    context = server_context(ServerTls(parties.own("server"), parties.ca))
    context.maximum_version = version
    old = parties.issuer(timedelta(days=-2), timedelta(days=-1)).tls_client("old")
    clients = {
        None: None,
        "strangers": strangers.own("client"),
        "expired": parties.issue(TlsCredentials("old-client", old, parties.pki.issuing)),
    }
    with serve(context) as port:
        trouble = troubled(
            f"https://127.0.0.1:{port}/", ClientTls(parties.ca, clients[shown], section="testbed.tls")
        )
    assert trouble is not None
    assert (trouble.flaw, trouble.key) == (flaw, "[testbed.tls] certificate")


def test_a_server_without_tls_is_told(parties: Parties, serve: Serve, troubled: Troubled) -> None:
    with serve(None) as port:
        trouble = troubled(f"https://127.0.0.1:{port}/", ClientTls(parties.ca))
    assert trouble is not None
    assert trouble.flaw is TlsFlaw.NO_TLS


def test_ends_without_a_cipher_in_common_are_told(parties: Parties, serve: Serve, troubled: Troubled) -> None:
    context = server_context(ServerTls(parties.own("server")))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("PSK")
    with serve(context) as port:
        trouble = troubled(f"https://127.0.0.1:{port}/", ClientTls(parties.ca))
    assert trouble is not None
    assert trouble.flaw in {TlsFlaw.NO_COMMON_VERSION, TlsFlaw.NO_CLIENT_CERTIFICATE}


@pytest.mark.parametrize("shown", ["client", None])
def test_a_server_that_hangs_up_without_a_word_may_want_another_client_certificate(
    parties: Parties, hang_up: HangUp, troubled: Troubled, shown: str | None
) -> None:
    tls = ClientTls(parties.ca, parties.own(shown) if shown else None)
    for after_handshake in (False, True):
        with hang_up(ServerTls(parties.own("server")), after_handshake) as port:
            trouble = troubled(f"https://127.0.0.1:{port}/", tls)
        assert trouble is not None
        assert (trouble.flaw, trouble.key) == (TlsFlaw.HUNG_UP, "[tls] certificate")
        assert ("showed the client certificate" in trouble.found) is (shown is not None)


def test_a_port_at_which_nobody_listens_is_no_trouble_of_tls(parties: Parties, troubled: Troubled) -> None:
    assert troubled("https://127.0.0.1:9/", ClientTls(parties.ca)) is None


def test_a_password_is_in_no_rendering(parties: Parties) -> None:
    own = parties.own("client")
    assert "correct horse" not in repr(ClientTls(own=replace(own, password="correct horse")))
