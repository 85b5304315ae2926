"""The report as one page for people: `index.html`, which needs no script and fetches nothing."""
