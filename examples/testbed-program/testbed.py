#!/usr/bin/env python3
"""An example for the testbed driver `command`: it passes each operation on to a Testbed Control API.

A vendor's own program does here what brings its DSP into the state that is asked for. It is called once for
each operation, with a JSON object on its standard input:

    {"operation": "set-cpl-status", "about": "17", "body": {"status": "Withdrawn"}}

It answers with JSON on its standard output, if the operation has an answer, and by its exit code: 0 done, 10
refused (the reason is a JSON object with "title" and "detail"), 11 not offered, anything else is trouble.

The address of the API stands in the environment variable TESTBED_URL. Where it is https, TESTBED_CA names the
authorities to trust, and TESTBED_CERTIFICATE and TESTBED_KEY the client certificate to show, all PEM.
The program is started in the target file's folder: relative paths begin there.
"""

import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

DONE, REFUSED, NOT_OFFERED, TROUBLE = 0, 10, 11, 12
NOT_IMPLEMENTED = 501

CALLS = {
    "capabilities": ("GET", "capabilities"),
    "register-user": ("PUT", "users/{}"),
    "add-cpl-entry": ("POST", "cpl-entries"),
    "set-cpl-status": ("PATCH", "cpl-entries/{}"),
    "remove-cpl-entry": ("DELETE", "cpl-entries/{}"),
    "provide-device": ("POST", "devices"),
    "forget-device": ("DELETE", "devices/{}"),
    "change-device": ("PATCH", "devices/{}"),
    "inject-fault": ("POST", "devices/{}/faults"),
    "list-commands": ("GET", "devices/{}/commands"),
    "deliver-locally": ("POST", "devices/{}/local-commands"),
    "release-responses": ("POST", "devices/{}/held-responses/release"),
    "restart": ("POST", "restart"),
}


def tls() -> ssl.SSLContext:
    """Return how https connections are made, by the environment."""
    context = ssl.create_default_context(cafile=os.environ.get("TESTBED_CA"))
    if certificate := os.environ.get("TESTBED_CERTIFICATE"):
        context.load_cert_chain(certificate, os.environ.get("TESTBED_KEY"))
    return context


def main() -> int:
    """Carry out the operation on standard input and return the exit code."""
    asked = json.load(sys.stdin)
    if asked["operation"] not in CALLS:
        print(f"this program does not know the operation {asked['operation']!r}", file=sys.stderr)
        return NOT_OFFERED
    if "TESTBED_URL" not in os.environ:
        print(
            "set the environment variable TESTBED_URL to the address of a Testbed Control API",
            file=sys.stderr,
        )
        return TROUBLE
    try:
        context = tls()
    except OSError as error:
        place = f"relative to {Path.cwd()}, where this program is started"
        print(f"TESTBED_CA, TESTBED_CERTIFICATE or TESTBED_KEY, {place}: {error}", file=sys.stderr)
        return TROUBLE
    method, path = CALLS[asked["operation"]]
    request = urllib.request.Request(
        f"{os.environ['TESTBED_URL']}/{path.format(quote(asked['about'], safe=''))}",
        data=json.dumps(asked["body"]).encode() if asked["body"] else None,
        headers={"Content-Type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            sys.stdout.buffer.write(answer.read())
    except urllib.error.HTTPError as refusal:
        sys.stdout.buffer.write(refusal.read())
        return NOT_OFFERED if refusal.code == NOT_IMPLEMENTED else REFUSED
    except OSError as error:
        print(f"no answer from {request.full_url}: {error}", file=sys.stderr)
        return TROUBLE
    return DONE


if __name__ == "__main__":
    sys.exit(main())
