"""The database of the bot, and the manifest cache."""
