"""Click paths as people declare them, and what they are told when they mistype."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodworthy.model import Target
from prodworthy.targets import file
from prodworthy.targets.build import Builder, Order
from prodworthy.targets.errors import TargetsError

PATH = '[targets.x]\nurl = "https://shop.test"\n\n[[targets.x.paths]]\nname = "buy"\nsteps = [{step}]\n'


def built(folder: Path, steps: str, more: str = "", **environment: str) -> Target:
    place = folder / file.NAME
    place.write_text(PATH.format(step=steps) + more, encoding="utf-8")
    return Builder(file.read(place), Order(), environment).build("x")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{ click = "Cart" }', "click “Cart”"),
        ('{ click = { role = "link", name = "Cart" } }', "click link “Cart”"),
        ('{ fill = { label = "E-mail", with = "a@b.test" } }', "fill the field labelled “E-mail” with “a@b.test”"),
        ('{ fill = { label = "Word", with = { env = "WORD" } } }', "fill the field labelled “Word” with WORD"),
        (
            '{ select = { role = "combobox", name = "Size", option = "M" } }',
            "select “M” in combobox “Size”",
        ),
        ('{ check = { text = "I agree" } }', "check “I agree”"),
        ('{ press = "Shift+Tab" }', "press Shift+Tab"),
        ('{ expect = "Your cart" }', "expect “Your cart”"),
        ('{ expect_gone = "Loading" }', "expect “Loading” to be gone"),
        ('{ expect_url = "/cart?full" }', "expect the address /cart?full"),
        ('{ wait = "500 ms" }', "wait 0.5 s"),
    ],
)
def test_a_step_reads_as_what_it_does(tmp_path: Path, written: str, said: str) -> None:
    (path,) = built(tmp_path, written, WORD="hidden").paths
    assert [str(step) for step in path.steps] == [said]
    assert "hidden" not in repr(path)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{ clik = "Cart" }', 'did you mean "click"?'),
        ('{ click = { rol = "link" } }', 'did you mean "role"?'),
        ('{ click = { name = "Cart" } }', "lacks 'role' or 'label' or 'text' or 'placeholder'"),
        ('{ fill = { label = "E-mail" } }', "lacks 'with'"),
        ('{ fill = { with = "x" } }', "lacks 'label' or 'role' or 'placeholder'"),
        ('{ press = "the Enter key" }', 'A key, such as "Enter"'),
        ('{ expect_url = "cart" }', "starting with one slash"),
        ("{ wait = 3 }", 'A duration with its unit, such as "300 ms"'),
        ('{ click = "A", press = "Enter" }', "found click, press; allowed: 1 of them at most"),
        ("{}", "non-empty"),
    ],
)
def test_a_step_that_cannot_be_understood_is_told_with_its_line(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(TargetsError, match=r"targets\.toml:6: targets\.x\.paths\.0\.steps\.0") as caught:
        built(tmp_path, written)
    assert said in str(caught.value)


def test_a_path_is_walked_in_the_first_viewport_unless_it_names_one(tmp_path: Path) -> None:
    small = '[targets.x.smoke]\nviewports = ["mobile", "desktop"]\n'
    assert built(tmp_path, '{ wait = "1 s" }', small).paths[0].viewport == "mobile"
    assert built(tmp_path, '{ wait = "1 s" }').paths[0].viewport == "desktop"


def test_what_a_path_fills_in_is_among_the_targets_secrets(tmp_path: Path) -> None:
    target = built(tmp_path, '{ fill = { label = "Word", with = { env = "WORD" } } }')
    assert [(secret.name, secret.value) for secret in target.secrets] == [("WORD", None)]


def test_the_level_of_accessibility_can_be_raised_and_switched_off(tmp_path: Path) -> None:
    step = '{ wait = "1 s" }'
    assert built(tmp_path, step).browsing.accessibility == "A"
    assert built(tmp_path, step, '[targets.x.smoke]\naccessibility = "AA"\n').browsing.accessibility == "AA"
    assert built(tmp_path, step, "[targets.x.smoke]\naccessibility = false\n").browsing.accessibility is None


def test_web_vitals_have_budgets(tmp_path: Path) -> None:
    budgets = built(
        tmp_path, '{ wait = "1 s" }', '[targets.x.budgets]\nlcp = "2.5 s"\ncls = 0.1\ninp = "200 ms"\n'
    ).budgets
    assert (budgets.lcp, budgets.cls, budgets.inp) == (2.5, 0.1, 0.2)
