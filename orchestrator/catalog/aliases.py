"""The names that people give to a provider, and the one name that the project uses for it."""

PROVIDER_OF_ALIAS = {
    "amazon": "aws",
    "amazon-web-services": "aws",
    "ec2": "aws",
    "google": "gcp",
    "google-cloud": "gcp",
    "gce": "gcp",
    "hcloud": "hetzner",
    "hetzner-cloud": "hetzner",
}

BUILT_IN_PROVIDERS = ("aws", "gcp", "hetzner")


def find_provider(name: str) -> str:
    """The project's name of the provider that `name` means: an alias resolved, in lower case.

    A name that is no alias is a provider's own name, be it built in, "ssh", or known to a private catalogue alone.
    """
    word = name.strip().lower().replace("_", "-").replace(" ", "-")
    return PROVIDER_OF_ALIAS.get(word, word)
