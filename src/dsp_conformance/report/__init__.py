"""What a run found: verdicts, the ledger of requirements, the record of a run and its reports."""
