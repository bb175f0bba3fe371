"""The Pulumi tool chain: an official installation, else the vendor's release, else built from its Go module."""
