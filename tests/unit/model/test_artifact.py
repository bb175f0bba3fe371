"""Recipes: what vouches for a release, what a pin changes, what is refused when it is read."""

from pathlib import PurePath
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.model.artifact import (
    ArtifactPin,
    ArtifactRecipe,
    GoModule,
    Release,
    TrustedKeys,
    apply_pin,
    list_unverified,
)
from orchestrator.model.source import Source

DIGEST, OTHER, FINGERPRINT = "1" * 64, "2" * 64, "A" * 40
RELEASE = {"url": "https://example.org/{version}-{arch}.tar", "binaries": {"client": "client"}}
KEYS = {"files": ["keys.asc"], "fingerprints": [FINGERPRINT]}
SIGNED = {**RELEASE, "signatures": ["https://example.org/{version}.asc"]}
GO = {"module": "client", "binaries": {"client": "example.org/client"}}


def make_recipe(**ways: Any) -> ArtifactRecipe:
    return ArtifactRecipe.model_validate({"name": "client", "version": "1.2", **ways})


def make_pin(**fields: Any) -> ArtifactPin:
    return ArtifactPin.model_validate({"version": "1.2", "__source__": Source("fleet.yaml", 9), **fields})


@pytest.mark.parametrize(
    ("ways", "unverified"),
    [
        ({"release": RELEASE}, ("amd64", "arm64")),
        ({"release": SIGNED}, ("amd64", "arm64")),
        ({"release": {**RELEASE, "sha256": {"amd64": DIGEST}}}, ("arm64",)),
        ({"release": {**SIGNED, "keys": KEYS}}, ()),
        ({"release": RELEASE, "go": GO}, ()),
    ],
)
def test_a_release_nobody_vouches_for_is_unverified(ways: dict[str, Any], unverified: tuple[str, ...]) -> None:
    assert list_unverified(make_recipe(**ways), ["arm64", "amd64", "amd64"]) == unverified


def test_a_verified_release_goes_before_a_build() -> None:
    recipe = make_recipe(release={**RELEASE, "sha256": {"amd64": DIGEST}}, go=GO)
    assert isinstance(recipe.find_way("amd64"), Release)
    assert isinstance(recipe.find_way("arm64"), GoModule)


def test_a_pin_goes_before_what_the_file_says() -> None:
    recipe = make_recipe(release={**SIGNED, "sha256": {"amd64": DIGEST, "arm64": DIGEST}})
    pinned = apply_pin(recipe, make_pin(sha256={"amd64": OTHER}, keys=KEYS), PurePath("/fleet"))
    assert pinned.release
    assert pinned.release.sha256 == {"amd64": OTHER, "arm64": DIGEST}
    assert pinned.release.keys
    assert pinned.release.keys.files == ("/fleet/keys.asc",)
    assert apply_pin(recipe, None, PurePath("/fleet")) is recipe


@pytest.mark.parametrize(
    ("ways", "pin", "words"),
    [
        ({"release": RELEASE}, {"version": "1.1", "sha256": {"amd64": DIGEST}}, "the pin is of client 1.1, and 1.2 is"),
        ({"release": RELEASE}, {"keys": KEYS}, "has no signatures that keys could verify"),
        ({"go": GO}, {"sha256": {"amd64": DIGEST}}, "is built from source"),
    ],
)
def test_a_pin_that_does_not_fit_is_refused(ways: dict[str, Any], pin: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        apply_pin(make_recipe(**ways), make_pin(**pin), PurePath("/fleet"))


def test_a_pin_pins_something() -> None:
    with pytest.raises(ValidationError, match="a pin holds a sha256 or keys"):
        make_pin()


def test_fingerprints_are_read_as_tools_print_them() -> None:
    keys = TrustedKeys.model_validate({"files": ["k"], "fingerprints": ["aaaa aaaa " * 5]})
    assert keys.fingerprints == {FINGERPRINT}


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ({**RELEASE, "url": "https://example.org/{verison}.tar"}, "{verison} is filled in by nothing"),
        ({**RELEASE, "url": "https://example.org/{0}.tar"}, "{0} is filled in by nothing"),
        ({**RELEASE, "url": "https://example.org/{version.tar"}, "expected '}'"),
        ({**RELEASE, "keys": KEYS}, "`keys` without `signatures` verify nothing"),
        ({**SIGNED, "signature_of": "checksums"}, "needs the address of the `checksums`"),
        ({**SIGNED, "keys": {**KEYS, "threshold": 2}}, "2 signatures are asked for, of 1 keys"),
        ({**SIGNED, "keys": {**KEYS, "fingerprints": ["0123456789ABCDEF"]}}, "String should match pattern"),
        ({**RELEASE, "binaries": {"../evil": "x"}}, "String should match pattern"),
        ({**RELEASE, "binaries": {"a/b": "x"}}, "String should match pattern"),
    ],
)
def test_a_release_that_cannot_be_meant_is_refused(release: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as failure:
        Release.model_validate(release)
    assert words in str(failure.value)
