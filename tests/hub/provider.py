"""A small OpenID provider: the real protocol by HTTP, PKCE, signed tokens, and whatever a test lets it do wrong."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Callable
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "hub", "s3cret-of-the-hub"
_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


class Provider:
    """Lets one person in.

    Attributes:
        issuer: its address.
        person: claims of the person.
        spoil: changes the claims of the next tokens.
        key: which signs.

    """

    def __init__(self) -> None:
        self.person: dict[str, Any] = {
            "sub": "248289761001",
            "preferred_username": "Anna.Weber",
            "email": "anna@school.example",
            "email_verified": True,
            "groups": ["staff", "b12"],
        }
        self.spoil: Callable[[dict[str, Any]], None] = lambda _claims: None
        self.key = self.published = _KEY
        self.asked: dict[str, dict[str, str]] = {}
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def metadata(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in names.items()}}

    def keys(self) -> dict[str, Any]:
        return {"keys": [self.published.as_dict(private=False)]}

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser of the person goes after the login."""
        assert query["client_id"] == CLIENT
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe()
        self.asked[code] = query
        answer = {"code": code, "state": query["state"], "iss": self.issuer}
        return f"{query['redirect_uri']}?{urllib.parse.urlencode(answer)}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """Return the tokens for a code, once, for whoever has its verifier and the client's secret."""
        query = self.asked.pop(form["code"], None)
        login = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if query is None or authorization != f"Basic {login}" or form["redirect_uri"] != query["redirect_uri"]:
            return {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != query["code_challenge"]:
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": query["nonce"],
        } | self.person
        self.spoil(claims)
        signed = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return {"access_token": "none", "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(provider: Provider) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(dict(urllib.parse.parse_qsl(parts.query))))
                self.end_headers()
            else:
                self._say(provider.keys() if parts.path == "/keys" else provider.metadata())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(provider.token(dict(urllib.parse.parse_qsl(body)), self.headers.get("Authorization", "")))

        def _say(self, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(400 if "error" in content else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words: object) -> None:
            pass

    return Handler
