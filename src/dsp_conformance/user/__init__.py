"""The Service User: sends requests, receives what comes back, checks and correlates it."""
