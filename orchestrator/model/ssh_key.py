"""Public SSH keys as people paste them: "ssh-ed25519 AAAA… comment"."""

import base64
import binascii

# The kinds that OpenSSH still makes, and how many bytes the key itself has (None: it varies).
KEY_BYTES_OF_KIND = {
    "ssh-ed25519": 32,
    "sk-ssh-ed25519@openssh.com": 32,
    "ecdsa-sha2-nistp256": None,
    "ecdsa-sha2-nistp384": None,
    "ecdsa-sha2-nistp521": None,
    "sk-ecdsa-sha2-nistp256@openssh.com": None,
    "ssh-rsa": None,
}
LENGTH_BYTES = 4


def describe_bad_key(text: str) -> str:
    """What is wrong with a public key, as words after "is"; "" where it is one."""
    kind, _, rest = text.partition(" ")
    if not text.isprintable() or kind not in KEY_BYTES_OF_KIND:
        return "no public SSH key"
    try:
        blob = base64.b64decode(rest.partition(" ")[0], validate=True)
    except (binascii.Error, ValueError):
        return "no public SSH key"
    named, key = _split(blob)
    if named != kind.encode():
        return "no public SSH key: its text was cut short, or is another kind's than it says"
    wanted = KEY_BYTES_OF_KIND[kind]
    body, left = _split(key)
    if not body or (wanted is not None and len(body) != wanted) or (kind == "ssh-ed25519" and left):
        return "no whole public SSH key: its text was cut short"
    return ""


def _split(blob: bytes) -> tuple[bytes, bytes]:
    """A string as SSH writes it (RFC 4251, section 5), and what comes after it; empty where it does not fit."""
    length = int.from_bytes(blob[:LENGTH_BYTES], "big")
    end = LENGTH_BYTES + length
    return (blob[LENGTH_BYTES:end], blob[end:]) if len(blob) >= LENGTH_BYTES and end <= len(blob) else (b"", b"")
