"""Plans, receipts and lists as table, JSON and CSV."""
