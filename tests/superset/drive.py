"""Run by Superset's own Python: imports a dashboard and prints what each of its charts shows, as one JSON document."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main(package: Path) -> dict[str, list[dict[str, object]]]:
    """The rows of every chart by its name, as the dashboard's own requests get them."""
    command = [str(Path(sys.executable).with_name("superset"))]
    for words in (["db", "upgrade"], ["init"]):
        subprocess.run([*command, *words], check=True, capture_output=True)  # noqa: S603 - Superset's own command
    person = ["--username", "a", "--firstname", "a", "--lastname", "a", "--email", "a@example.no", "--password", "a"]
    subprocess.run([*command, "fab", "create-admin", *person], check=True, capture_output=True)  # noqa: S603 - as above
    from superset.app import create_app  # noqa: PLC0415 - reads its configuration when it is imported

    client = create_app().test_client()
    login = {"username": "a", "password": "a", "provider": "db"}
    token = client.post("/api/v1/security/login", json=login).json["access_token"]
    signed = {"Authorization": f"Bearer {token}"}
    with package.open("rb") as file:
        answer = client.post(
            "/api/v1/dashboard/import/",
            data={"formData": (file, package.name), "overwrite": "true"},
            headers=signed,
            content_type="multipart/form-data",
        )
    if answer.status_code != 200:
        raise RuntimeError(answer.get_data(as_text=True))
    found = {}
    for chart in client.get("/api/v1/dashboard/pulsverk/charts", headers=signed).json["result"]:
        shown = client.get(f"/api/v1/chart/{chart['id']}/data/", headers=signed)
        if shown.status_code != 200:
            raise RuntimeError(shown.get_data(as_text=True))
        found[chart["slice_name"]] = shown.json["result"][0]["data"]
    return found


if __name__ == "__main__":
    rows = main(Path(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(rows, default=str))
