"""What a request must be before anything reads it: for a name of this hub, and small."""

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.hub.web.problems import problem

_LARGEST_BODY = 16_384


class HostNames(TrustedHostMiddleware):
    """Refuses a name that is not the hub's: a page of another host that resolves to this machine (DNS rebinding).

    An IP address is no name that anyone else can point at this machine.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        super().__init__(app, names, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            host = _host(Headers(scope=scope).get("host", ""))
            if _is_address(host):
                await self.app(scope, receive, send)
                return
            if host not in self.allowed_hosts:
                detail = "this is no name of the hub; its administrator can add it to http.host_names"
                await problem(400, detail)(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


class SmallBodies:
    """Refuses bodies that are large, or do not say how large they are: they would be read before anyone is asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if "transfer-encoding" in headers:
                await problem(411, "say the length of the request: Content-Length")(scope, receive, send)
                return
            if int(headers.get("content-length", "0")) > _LARGEST_BODY:
                await problem(413, f"a request has at most {_LARGEST_BODY} bytes")(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _host(header: str) -> str:
    """Return the name or address of a Host header, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
