"""Single-use SSH host keys: a machine is born with a key that the controller knows beforehand and replaces at once."""

import base64

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def derive_host_key(seed: str, machine: str) -> Ed25519PrivateKey:
    """The machine's single-use key: HKDF-SHA256 (RFC 5869) of the stack's secret seed, so that no key is stored."""
    derived = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=f"host-key {machine}".encode()).derive(seed.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def render_private_key(key: Ed25519PrivateKey) -> str:
    """The key in OpenSSH's own format.

    That format holds a random check value, which would make each run's text another one; it is derived from the key
    instead, so that equal keys give equal texts.
    """
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    private = key.private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    return render_openssh_key(public, private)


def render_openssh_key(public: bytes, private: bytes) -> str:
    """An unencrypted ed25519 key as in OpenSSH's PROTOCOL.key."""
    kind = b"ssh-ed25519"
    check = public[:4]
    section = check + check + pack(kind) + pack(public) + pack(private + public) + pack(b"")
    section += bytes(range(1, 1 + -len(section) % 8))
    blob = b"openssh-key-v1\0" + pack(b"none") + pack(b"none") + pack(b"") + (1).to_bytes(4, "big")
    blob += pack(pack(kind) + pack(public)) + pack(section)
    text = base64.b64encode(blob).decode()
    lines = [text[start : start + 70] for start in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN OPENSSH PRIVATE KEY-----", *lines, "-----END OPENSSH PRIVATE KEY-----", ""])


def render_public_key(key: Ed25519PrivateKey) -> str:
    """The public half as in known_hosts: "ssh-ed25519 AAAA…"."""
    text = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return text.decode()


def pack(value: bytes) -> bytes:
    """A string as SSH writes it (RFC 4251, section 5): length, then bytes."""
    return len(value).to_bytes(4, "big") + value
