"""The rendered page is validated as the browser check saw it: nothing is visited or clicked a second time."""

from __future__ import annotations

from tests.runs.hostile import Request, answer, serving
from tests.runs.team import PAGE, TARGETS, Team

BUTTON = "<button onclick=\"fetch('/paid')\">Pay</button>"
SHOP = PAGE.replace("<main>", f"<main>{BUTTON}").replace('<script type="module" src', "<script data-src")
TABLE = TARGETS.replace('[targets.kiosk.embedded]\napp = "."\n', "").replace('text = "And another."', 'title = "Kiosk"')
TABLE = TABLE.replace("{", "{{").replace("}", "}}").replace("[targets.kiosk]\n", '[targets.kiosk]\nurl = "{url}"\n')
PATHS = """
[targets.kiosk.html]
rendered = true
[targets.kiosk.smoke]
viewports = ["desktop"]
[[targets.kiosk.paths]]
name = "pay"
steps = [{ click = "Pay" }, { expect = "Kiosk" }]
"""


def test_a_click_on_pay_pays_once(team: Team) -> None:
    paid: list[str] = []

    def speak(request: Request) -> None:
        if request.path == "/paid":
            paid.append(request.path)
        request.send(answer(SHOP.encode()))

    with serving(speak) as url:
        team.write("targets.toml", TABLE.format(url=url) + PATHS)
        ended = team.pytest("--target=kiosk")
    asked = {rule["rule"] for check in ended.verdict()["checks"] for rule in check["rules"]}
    assert "html.rendered-invalid" in asked, ended.output
    assert len(paid) == 1, ended.output
