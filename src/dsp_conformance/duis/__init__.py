"""The interface's language, DUIS: identifiers, messages, response codes, catalogue, schema and signature."""
