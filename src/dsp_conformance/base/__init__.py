"""The ground that every room stands on: identifiers, files, processes, secrets; knows nothing of DUIS."""
