"""Plans, results and lists as tables, JSON and CSV, and the sentences for values of `bot/core`."""
