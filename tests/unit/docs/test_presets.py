"""docs/presets.md holds every preset with its source, its date and whether it was verified."""

from orchestrator.spec.include import list_presets, load_preset
from tests.unit.docs.pages import map_keys, read_page

PAGE = read_page("presets.md")


def test_every_preset_is_documented_as_its_file_says() -> None:
    documented = {name: tuple(cells[1:]) for name, cells in map_keys(PAGE).items()}
    presets = {name: load_preset(name) for name in list_presets()}
    assert documented == {
        name: (preset.source, preset.source_date, str(preset.verified).lower()) for name, preset in presets.items()
    }


def test_what_is_not_verified_is_said_in_the_file_and_on_the_page() -> None:
    told = PAGE.partition("What is not verified")[2]
    for name in list_presets():
        assert load_preset(name).note
        assert load_preset(name).verified or f"`{name}`" in told
