"""What the plug-ins and SDKs of the clouds take credentials from, by their references: baits for tests of isolation.

Not read from the code under test, so that a name that it forgets is noticed.
"""

import json
from pathlib import Path

# docs.aws.amazon.com, "Environment variables" of the SDKs and of the Go SDK's EnvConfig; the reference of the Google
# provider, "Authentication"; docs.hetzner.cloud; pulumi.com, "Environment variables".
VARIABLES = (
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "GCLOUD_KEYFILE_JSON",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "HCLOUD_TOKEN",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CREDENTIALS_PATH",
    "SSH_AUTH_SOCK",
)
# What an SDK looks for in the home folder where none of these says otherwise.
FILES_BY_VARIABLE = {
    "AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials",
    "AWS_CONFIG_FILE": ".aws/config",
    "GOOGLE_APPLICATION_CREDENTIALS": ".config/gcloud/application_default_credentials.json",
}


def write_home(folder: Path, secret: str) -> None:
    """A home folder with credentials in all the usual files."""
    profile = f"[default]\naws_access_key_id = {secret}\naws_secret_access_key = {secret}\n"
    login = json.dumps({"type": "authorized_user", "client_id": "i", "client_secret": secret, "refresh_token": secret})
    for name in FILES_BY_VARIABLE.values():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(login if name.endswith(".json") else profile)
