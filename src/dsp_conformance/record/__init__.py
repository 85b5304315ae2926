"""What happened in a run: its journal, read and written, and the records and verdicts that follow."""
