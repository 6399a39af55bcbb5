"""The page in Debian's Chromium: `make test-serve`."""

import os
from pathlib import Path

import pytest
from running import wait_for

UNPACKED = os.environ.get("SHIPEDGE_TEST_SERVE")
pytestmark = pytest.mark.skipif(UNPACKED is None, reason="make test-serve unpacks the browser")
RULES = ["standards", "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"][1:]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make test-serve does")
    root = Path(UNPACKED) / "root"
    libraries = ":".join(map(str, root.glob("usr/lib/*-linux-gnu")))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(root / "usr/lib/chromium/chromium"),
            args=["--no-sandbox"],
            env={**os.environ, "LD_LIBRARY_PATH": libraries},
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """visit(service, "/", scheme, width) -> a page without complaints of the browser so far."""
    contexts = []

    def go(service, path, scheme="light", width=390):
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{service.port}{path}", wait_until="domcontentloaded")
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(serve, visit, scheme, width):
    axe = Path(UNPACKED) / "node_modules/axe-core/axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed: make test-serve does")
    service = serve('[rules.new]\nwhen = "track"\n')
    wait_for(lambda: b"/images/" in service.get("/detections")[2])
    for path in ("/", "/detections", "/health", "/login"):
        page = visit(service, path, scheme, width)
        page.wait_for_load_state("domcontentloaded")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        page.evaluate(axe.read_text())
        report = page.evaluate(f"axe.run(document, {{runOnly: {RULES!r}}})")
        assert [(one["id"], one["nodes"][0]["html"]) for one in report["violations"]] == [], path
        assert len(report["passes"]) > 20
        assert page.complaints == [], path


def test_the_image_moves_can_be_paused_and_the_counters_go_on(serve, visit):
    service = serve()
    page = visit(service, "/")
    wait_for(lambda: page.evaluate("document.querySelector('article img').naturalWidth") > 0)
    frames = page.locator("[data-field=frames]")
    before = int(frames.inner_text())
    wait_for(lambda: int(frames.inner_text()) > before)
    assert page.locator("#line").inner_text().startswith("1 of 1 sources live")
    page.get_by_role("button", name="Pause the image of harbor").click()
    page.get_by_role("button", name="Play the image of harbor").wait_for()
    wait_for(lambda: service.json("/api/v1/status")["viewers"] == 0)
    assert page.complaints == []


def test_the_last_image_stays_while_a_camera_is_silent(serve, visit, camera):
    camera.acts = (camera.film(1, 5, shape=(96, 128)),)
    service = serve()
    wait_for(lambda: service.json("/api/v1/sources")[0]["state"] == "gap")
    page = visit(service, "/")
    wait_for(lambda: page.evaluate("document.querySelector('article img').naturalWidth") > 0)
    assert "no frames" in page.locator("[data-field=state]").inner_text()


def test_the_keyboard_reaches_everything(serve, visit):
    service = serve()
    page = visit(service, "/health", width=1280)
    names = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent || document.activeElement.name"))
    assert names[:5] == ["Skip to the content", "shipedge", "Live", "Detections", "Health"]
    assert "Stop" in names
    assert "Add a source" in names


def test_a_source_is_added_and_stopped_on_the_page(serve, visit, camera):
    service = serve()
    page = visit(service, "/health", width=1280)
    page.get_by_text("Add a source").click()
    page.get_by_label("Name").fill("tower")
    page.get_by_label("Address or number of a camera").fill(camera.url("/two"))
    page.get_by_role("button", name="Add").click()
    wait_for(lambda: any(one["name"] == "tower" and one["frames"] for one in service.json("/api/v1/sources")))
    page.goto(f"http://127.0.0.1:{service.port}/health", wait_until="domcontentloaded")
    page.get_by_role("button", name="Stop tower").click()
    wait_for(lambda: [one["name"] for one in service.json("/api/v1/sources")] == ["harbor"])
