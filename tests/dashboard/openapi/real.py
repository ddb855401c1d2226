"""schemathesis over a server that runs, with hosts and a filled store: no 5xx, and nothing undocumented.

Not collected by default, as it takes minutes: `make test-openapi`.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from perfwatch.history.open import open_store
from perfwatch.readings.codec import now, to_ms
from tests.pages.feed import remember
from tests.servers import wait_until
from tests.stack import PASSWORD, Person, Stack

SCHEMATHESIS = Path(os.environ["PERFWATCH_TEST_SCHEMATHESIS"])
EXAMPLES = os.environ.get("PERFWATCH_TEST_EXAMPLES", "50")
# Not whether bad data are refused: the document's schemas say less than the routes check.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,unsupported_method,missing_required_header"
)


def test_every_answer_is_as_the_document_says(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    store = open_store(f"sqlite:///{tmp_path}/data/history.db")
    newest = to_ms(now())
    remember(store, "nas", range(newest - 3_600_000, newest, 5000), cores=4)
    store.close()
    with Stack(tmp_path, "--interval", "1", "--host", "nas", admin_password=PASSWORD) as stack:
        person = Person(stack.url)
        wait_until(lambda: person.get("/api/summary").json()["online"] == 1, "the host is there")
        token = person.post("/api/tokens", {"name": "schemathesis", "role": "admin"}).json()["token"]
        command = [str(SCHEMATHESIS), "run", f"{stack.url}/api/openapi.json", "--checks", CHECKS]
        command += ["--header", f"Authorization: Bearer {token}", "--max-examples", EXAMPLES]
        command += ["--no-color", "--continue-on-failure", "--seed", "1"]
        command += [
            "--exclude-name",
            "DELETE /api/tokens/{name}",
        ]  # it learns the name of its own, and ends it
        done = subprocess.run(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, check=False)
        (tmp_path / "report").write_text(done.stdout)
        assert done.returncode == 0, done.stdout[-3000:]
        assert "401 Unauthorized" not in done.stdout
        assert "Traceback" not in stack.output()
