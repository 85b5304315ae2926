"""One scenario's world: its stage, traffic, Devices and requests."""
