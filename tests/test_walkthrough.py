"""The walk-through is run as it stands, against a real service."""

import re
import subprocess
from pathlib import Path

import httpx

from tests.web import PROJECT, environment, serve

PAGE = PROJECT / "docs" / "walkthrough.md"


def commands(base: str, key: str) -> str:
    """Return what the page tells one to paste, with the address and the key put in."""
    pasted = "\n".join(re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S))
    for name, value in (("BASE", base), ("KEY", key)):
        pasted, found = re.subn(rf"^{name}=.*$", f"{name}={value}", pasted, flags=re.M)
        assert found == 1, name
    return pasted


def test_a_newcomer_who_pastes_the_walkthrough_gets_from_a_need_to_an_active_assignment(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serve(data, "--demo", "--port", "0") as served:
        script = commands(served.base, served.api_key)
        walked = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=environment(data, NO_PROXY="127.0.0.1"),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert walked.returncode == 0, walked.stdout[-2000:] + walked.stderr
        assert walked.stderr == ""
        assert "\noffered\nactive\n" in walked.stdout
        assert "刘奶奶想学用手机挂号" in walked.stdout

        def api(path: str, **query: str) -> list[dict[str, object]]:
            headers = {"Authorization": f"Bearer {served.api_key}"}
            answer = httpx.get(f"{served.base}/api/v1{path}", params=query, headers=headers)
            items: list[dict[str, object]] = answer.json()["items"]
            return items

        [need] = [n for n in api("/needs") if n["title"] == "老人想学用手机挂号"]
        assert (need["reserved"], need["taken"]) == (0, 1)
        [pair] = api("/assignments", need=str(need["id"]))
        assert (pair["state"], pair["waiting_for"]) == ("active", [])
        events = api(f"/needs/{need['id']}/events")
        assert [(e["verb"], e["party"]) for e in events] == [
            ("record", "community"),
            ("offer", "clock"),
            ("accept", "community"),
            ("accept", "staff_for_provider"),
            ("show_text", "community"),
        ]
        plans = api("/plans")
        assert [p["number"] for p in plans] == [2, 1]
        assert pair["plan"] == plans[0]["id"]
        left = api(f"/plans/{plans[0]['id']}/unmet")
        assert left
        for unmet in left:
            assert f"{unmet['reason']}  {unmet['quantity']}  {unmet['title']}" in walked.stdout

        # What the page promises of pasting once more: the same need, no second one, and a night that finds nothing.
        again = subprocess.run(
            ["renling", "nightly", "--json"], env=environment(data), capture_output=True, text=True, timeout=60
        )
        assert '"unchanged": true' in again.stdout
        record = script[: script.index('api "/needs/$NEED/matches')]
        repeated = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", record],
            cwd=tmp_path,
            env=environment(data),
            capture_output=True,
            text=True,
        )
        assert repeated.returncode == 0, repeated.stderr
        assert len([n for n in api("/needs") if n["title"] == need["title"]]) == 1
