"""The plugins of the suite: what `pytest features` needs to run against a DSP."""

pytest_plugins = [
    "dsp_conformance.running.suite_plugin",
    "fixtures.run",
    "steps.devices",
    "steps.firmware",
    "steps.requests",
    "steps.responses",
    "steps.inventory",
    "steps.lasting_suspension",
    "steps.local_delivery",
]
