"""A run as a pytest plugin: planned, recorded, shared out to workers, shown as it goes on."""
