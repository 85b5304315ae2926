"""The report for people: `index.html`, which needs no script and fetches nothing, and its front page."""
