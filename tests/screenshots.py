"""The pictures of the example blog in `docs/images/`: `make screenshots` takes them again.

They are taken of the blog as it is published, on a server of this machine, by the Chromium of the tests. Nothing in them
depends on the time, so a second run changes no byte; another machine's letters may.
"""

import base64
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from .conftest import CHROMIUM_OPTIONS, PROJECT

HOST = "thornsea.example.org"
IMAGES = PROJECT / "docs" / "images"
QUALITY = 82
"""Of WebP, from 0 to 100: letters stay clean, and no picture has 150 kB."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, and how the page is shown for it."""

    name: str
    path: str
    """Of the page, with its fragment."""
    width: int
    """In CSS pixels."""
    height: int
    scale: float = 1
    scheme: str = "light"
    media: str = "screen"


PICTURES = (
    Picture("index", "", 1200, 900),
    Picture("conversation", "two-chairs.html#conversation", 1200, 900),
    Picture("dark", "two-chairs.html#comment-20080313-180510-erz4", 1200, 900, scheme="dark"),
    Picture("narrow", "two-chairs.html#conversation", 320, 640, scale=2),
    Picture("printed", "february-at-the-enquiry-desk.html", 794, 1123, media="print"),
)
"""An A4 page has 794 by 1123 CSS pixels."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing: what went wrong is seen in the picture."""


def build_blog(output: Path, *settings: str) -> None:
    """Build the example blog as it is published, with settings more."""
    command = [sys.executable, "-m", "pelican", "content", "-s", "publishconf.py", "-o", str(output), "--fatal", "warnings"]  # fmt: skip
    subprocess.run([*command, "-q", "-e", f'SITEURL="http://{HOST}"', *settings], cwd=PROJECT, check=True, timeout=120)


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve a folder on this machine; yields the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def take_picture(browser: Browser, picture: Picture) -> bytes:
    """Return a picture as WebP."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale, color_scheme=picture.scheme, reduced_motion="reduce",
    )  # fmt: skip
    page = context.new_page()
    page.emulate_media(media=picture.media)
    answer = page.goto(f"http://{HOST}/{picture.path}", wait_until="load")
    if answer is None or not answer.ok:
        raise SystemExit(f"there is no page {picture.path} for {picture.name}")
    page.evaluate("document.fonts.ready")
    shot = context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    context.close()
    return base64.b64decode(shot["data"])


def take_pictures(images: Path) -> list[Path]:
    """Build, serve, and write every picture; returns those that changed."""
    changed = []
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as output, sync_playwright() as playwright:
        build_blog(Path(output), 'CONVERSATION_RECEIVER="/conversation"')
        with served(Path(output)) as port:
            rules = f"--host-resolver-rules=MAP {HOST}:80 127.0.0.1:{port}"
            browser = playwright.chromium.launch(executable_path=chromium, args=[*CHROMIUM_OPTIONS, rules])
            images.mkdir(parents=True, exist_ok=True)
            for picture in PICTURES:
                data, path = take_picture(browser, picture), images / f"{picture.name}.webp"
                if not path.is_file() or path.read_bytes() != data:
                    path.write_bytes(data)
                    changed.append(path)
            browser.close()
    return changed


if __name__ == "__main__":
    for path in take_pictures(Path(sys.argv[1]) if sys.argv[1:] else IMAGES):
        sys.stdout.write(f"changed: {path}, {path.stat().st_size / 1000:.0f} kB\n")
