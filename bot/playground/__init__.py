"""Strict stand-ins for what the bot talks to; they know nothing of the bot."""
