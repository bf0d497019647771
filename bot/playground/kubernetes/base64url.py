"""Unpadded base64url, as Go's RawURLEncoding writes and reads it."""

import base64


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Raises ValueError."""
    if "=" in text:
        raise ValueError("it is padded")
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
