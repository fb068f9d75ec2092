"""What a page weighs and how soon it stands, by Chromium's own performance interface: `python -m tools.weight`.

Against the running demo it prints all figures. The tests hold the weights, the stillness and the number of elements;
speeds depend on the machine and are only told.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from typing import Any

KB = 1000
WATCH = """() => { const seen = window.seen = {shift: 0, moved: [], paint: 0, blocked: 0};
    const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
        .observe({type, buffered: true});
    watch("layout-shift", (one) => {
        if (one.hadRecentInput) return;
        seen.shift += one.value;
        seen.moved.push(...one.sources.map(({node}) => (node?.outerHTML || node?.data || "").slice(0, 60)));
    });
    watch("largest-contentful-paint", (one) => { seen.paint = one.startTime; });
    watch("longtask", (one) => { seen.blocked += Math.max(0, one.duration - 50); });
}"""
_READ = """() => ({...window.seen, elements: document.querySelectorAll("*").length,
    files: performance.getEntriesByType("resource").filter((one) => !one.name.endsWith("/events"))
        .map((one) => [new URL(one.name).pathname, one.encodedBodySize])})"""


@dataclass(frozen=True)
class Figures:
    """One first view. Weights in kB as they were sent, times in milliseconds."""

    html: float
    css: float
    js: float
    fonts: float
    images: float
    elements: int
    shift: float
    paint: float
    blocked: float
    moved: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        return self.html + self.css + self.js + self.fonts + self.images


MOST = {
    "html": 25,
    "css": 16,
    "js": 25,
    "fonts": 60,
    "images": 40,
    "total": 150,
    "elements": 800,
    "shift": 0.02,
}


def too_much(found: Figures) -> list[str]:
    """What is more than a page may weigh, move or hold."""
    wrong = [
        f"{name} is {getattr(found, name):.4g}, at most {most}"
        for name, most in MOST.items()
        if getattr(found, name) > most
    ]
    return wrong + [f"moved: {one}" for one in found.moved if found.shift > MOST["shift"]]


def measure(context: Any, path: str) -> Figures:
    """The first view in a browser that knows nothing yet of this site but who is asking."""
    page = context.new_page()
    page.add_init_script(f"({WATCH})()")
    answer = page.goto(path, wait_until="load")
    page.evaluate("document.fonts.ready.then(() => 0)")
    page.wait_for_timeout(400)  # for what may still move
    seen = page.evaluate(_READ)
    sizes = {"css": 0.0, "js": 0.0, "woff2": 0.0}
    images = 0.0
    for name, size in seen["files"]:
        kind = name.rpartition(".")[2]
        if kind in sizes:
            sizes[kind] += size / KB
        else:
            images += size / KB
    html = answer.request.sizes()["responseBodySize"] / KB
    page.close()
    return Figures(
        html, sizes["css"], sizes["js"], sizes["woff2"], images,
        seen["elements"], seen["shift"], seen["paint"], seen["blocked"], tuple(seen["moved"]),
    )  # fmt: skip


# A page may name who opens it: a team is there only for who leads one.
PAGES = (
    "/",
    "/learn",
    "/album",
    "/badges/pressure-and-valves",
    "/leaderboards",
    "/lessons",
    "maaike:/team",
)


def main() -> None:
    from playwright.sync_api import sync_playwright

    from tools.screenshots import QUIET, chromium_here, opened_by, signed_in

    asked = argparse.ArgumentParser(prog="python -m tools.weight")
    asked.add_argument(
        "--path", action="append", help="only this page, or one as somebody: maaike:/team; can be given again"
    )
    pages = asked.parse_args().path or PAGES
    with sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path=chromium_here(), args=QUIET, chromium_sandbox=os.geteuid() != 0
        )
        names = ("html", "css", "js", "fonts", "images", "total", "elements", "shift", "paint", "blocked")
        print(f"{'page':30}" + "".join(f"{name:>9}" for name in names))
        for asked_for in pages:
            name, path = opened_by(asked_for)
            context = chromium.new_context(
                viewport={"width": 390, "height": 844}, **signed_in(chromium, name)
            )
            found = measure(context, path)
            print(f"{asked_for:30}" + "".join(f"{getattr(found, name):9.4g}" for name in names))
            sys.stdout.writelines(f"  {fault}\n" for fault in too_much(found))
            context.close()
        chromium.close()


if __name__ == "__main__":
    main()
