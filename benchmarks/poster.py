"""Posts messages like a DSP: base64 lines come in, the moment of each POST in nanoseconds goes out."""

import base64
import sys
import time

import requests


def main() -> None:
    """Post until standard input ends."""
    session = requests.Session()
    session.trust_env = False
    for coded in sys.stdin:
        octets = base64.b64decode(coded)
        posted = time.monotonic_ns()  # one clock for every process of the machine
        session.post(sys.argv[1], data=octets, headers={"Content-Type": "application/xml"}, timeout=10)
        print(posted, flush=True)


if __name__ == "__main__":
    main()
