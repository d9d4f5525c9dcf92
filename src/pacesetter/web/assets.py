"""Scripts and styles, all served by this server: our own, htmx out of its Python package, Vega out of vl-convert.

Owns their addresses, which carry a hash of the content, so that a browser keeps them for good. No copy of a foreign script lies in
the repository; Vega's bundle is put together once per version and kept in the workspace's folder.
"""

import hashlib
import os
import threading
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from pacesetter.api.problems import NotFound

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}
_GLOBALS = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"
_BUNDLING = threading.Lock()


class Assets:
    """The files under ``/static``. ``folder`` keeps the bundle of Vega between starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        own = files("pacesetter.web").joinpath("static")
        self._files = {f.name: f.read_bytes() for f in own.iterdir() if f.name.rpartition(".")[2] in _TYPES}
        self._files["htmx.js"] = files("django_htmx").joinpath("static/django_htmx/htmx-2.min.js").read_bytes()
        self._addresses = {name: f"/static/{_hash(body)}/{name}" for name, body in self._files.items()}
        self._addresses["vega.js"] = f"/static/{vega_version()}/vega.js"

    def address(self, name: str) -> str:
        """The address of a file, with the hash of its content in it."""
        return self._addresses[name]

    def body(self, mark: str, name: str) -> bytes:
        """The content of a file. Raises NotFound where there is no such file."""
        if self._addresses.get(name) != f"/static/{mark}/{name}":
            raise NotFound("there is no such file")
        return self._vega() if name == "vega.js" else self._files[name]

    def prepare(self) -> None:
        """Put the bundle of Vega together before the first page asks for it (several seconds, once per version)."""
        self._vega()

    def _vega(self) -> bytes:
        with _BUNDLING:
            if "vega.js" not in self._files:
                self._files["vega.js"] = _vega_bundle(self.folder / f"vega-{vega_version()}.js")
        return self._files["vega.js"]


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]


@cache
def vega_version() -> str:
    """The version of the bundle: vl-convert's own and that of Vega in it."""
    import vl_convert

    return f"{vl_convert.get_vega_version()}-{version('vl-convert-python')}"


def _vega_bundle(kept: Path) -> bytes:
    if kept.is_file():
        return kept.read_bytes()
    import vl_convert

    body = vl_convert.javascript_bundle(_GLOBALS).encode("utf-8")
    try:
        kept.parent.mkdir(exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(body)
        fresh.replace(kept)
    except OSError:
        pass  # a folder that cannot be written costs some seconds at the next start
    return body


def router_of(assets: Assets) -> APIRouter:
    """The routes of the files."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{mark}/{name}")
    def static(mark: str, name: str) -> Response:
        """A file that never changes under this address."""
        body = assets.body(mark, name)
        return Response(body, media_type=_TYPES[name.rpartition(".")[2]], headers=_FOR_GOOD)

    return router
