"""TLS of the suite's and the stub's connections: what is configured, its contexts, and what goes wrong."""
