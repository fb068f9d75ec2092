"""`make lighthouse`: Lighthouse on the running demo, signed in, as a phone on a slow line; the middle of three runs.

Only this needs Node, which fetches Lighthouse by itself. ARGS names pages, and who opens them if it is not the first
of the demo's people: `ARGS='/album maaike:/team'`.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.screenshots import QUIET, chromium_here, opened_by, origin_of_demo, signed_in
from tools.weight import PAGES

RELEASE = "lighthouse@12.8.2"
RUNS = 3
BARS = {"performance": 95, "accessibility": 100, "best-practices": 100}
FIGURES = {
    "LCP ms": "largest-contentful-paint",
    "CLS": "cumulative-layout-shift",
    "TBT ms": "total-blocking-time",
    "bytes": "total-byte-weight",
}
NO_NODE = "Lighthouse runs on Node, and there is no npx on PATH. Install Node 18 or newer; nothing else here needs it."


def main() -> None:
    npx = shutil.which("npx")
    if not npx:
        raise SystemExit(NO_NODE)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path=chromium_here(), args=QUIET, chromium_sandbox=os.geteuid() != 0
        )
        pages = [(page, *opened_by(page)) for page in sys.argv[1:] or PAGES]
        headers = {name: _cookies(signed_in(chromium, name)) for name in {name for _, name, _ in pages}}
        chromium.close()
    columns = [*BARS, *FIGURES]
    print(f"{'page':30}" + "".join(f"{name:>16}" for name in columns))
    below = []
    for page, who, path in pages:
        runs = [_run(npx, path, headers[who]) for _ in range(RUNS)]
        middle = {name: statistics.median(run[name] for run in runs) for name in columns}
        print(f"{page:30}" + "".join(f"{middle[name]:16.4g}" for name in columns), flush=True)
        below += [
            f"{page}: {name} is {middle[name]:g}, not {bar}"
            for name, bar in BARS.items()
            if middle[name] < bar
        ]
        below += [f"{page}: {fault}" for fault in sorted({fault for run in runs for fault in run["faults"]})]
    if below:
        raise SystemExit("\n".join(below))


def _cookies(state: dict[str, Any]) -> str:
    return "; ".join(f"{one['name']}={one['value']}" for one in state["storage_state"]["cookies"])


def _run(npx: str, path: str, cookies: str, again: int = 2) -> dict[str, Any]:
    """Scores, figures, and what cost points besides speed."""
    flags = ["--headless=new", *QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory() as folder:
        told, headers = Path(folder) / "told.json", Path(folder) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookies}))
        command = [npx, "--yes", RELEASE, origin_of_demo() + path, "--quiet", "--output=json"]
        command += [
            f"--output-path={told}",
            f"--extra-headers={headers}",
            f"--chrome-flags={' '.join(flags)}",
        ]
        command += [f"--only-categories={','.join(BARS)}"]
        done = subprocess.run(
            command,
            env={**os.environ, "CHROME_PATH": chromium_here()},
            capture_output=True,
            text=True,
            check=False,
        )
        if again and "NO_NAVSTART" in done.stderr:  # it missed the beginning of a page, as now and then
            return _run(npx, path, cookies, again - 1)
        if done.returncode or not told.exists():
            raise SystemExit(f"Lighthouse did not come back from {path}:\n{done.stderr[-2000:]}")
        report = json.loads(told.read_text())
    return _read(report)


def _read(report: dict[str, Any]) -> dict[str, Any]:
    audits, categories = report["audits"], report["categories"]
    scores = {name: round(100 * (categories[name]["score"] or 0)) for name in BARS}
    figures = {name: audits[audit]["numericValue"] for name, audit in FIGURES.items()}
    weighed = [
        one["id"]
        for name in ("accessibility", "best-practices")
        for one in categories[name]["auditRefs"]
        if one["weight"] and audits[one["id"]]["score"] == 0
    ]
    return {**scores, **figures, "faults": weighed}


if __name__ == "__main__":
    main()
