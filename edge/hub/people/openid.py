"""Sign-in at an OpenID provider: authorization code flow with PKCE, state and nonce, by Authlib.

Sources: OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE); RFC 9207 (`iss` of the answer).
"""

import secrets
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from edge.config.secret import read_password, read_secret, secret_path
from edge.config.values import is_loopback
from edge.errors import ConfigError
from edge.hub.errors import ProviderUnavailable, SignInRefused
from edge.hub.openid_settings import OpenId

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

_SECONDS = 10.0
_METADATA_SECONDS = 3600.0
_PATIENCE_SECONDS = 2.0
_SILENT_SECONDS = 15.0
"""A provider that is down is not asked again so soon: strangers who press the button must not hold all threads."""
_LEEWAY_SECONDS = 60
"""How far the clocks of hub and provider may differ."""
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by a private key. `none` and HMAC would let others sign."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LONGEST = 200
_MOST_GROUPS = 1000
_CLAIMS = {
    "iss": "is of another provider",
    "aud": "is for another application",
    "azp": "is for another application",
    "nonce": "belongs to another sign-in",
    "exp": "has no end",
    "iat": "is of the future",
    "nbf": "is of the future",
}
"""What is wrong with an ID token, by the claim that the library refuses."""


class Begun(NamedTuple):
    """A sign-in that waits for its answer; the browser keeps all but the address.

    Attributes:
        address: of the provider, where the person signs in.
        state: which the answer repeats.
        nonce: which the ID token repeats.
        verifier: by which the code can be used (PKCE).

    """

    address: str
    state: str
    nonce: str
    verifier: str


class Identity(NamedTuple):
    """Who has signed in.

    Attributes:
        issuer: the provider.
        subject: by which the provider knows the person; it never changes and is never given to another.
        name: for people.
        groups: of the person.

    """

    issuer: str
    subject: str
    name: str
    groups: list[str]


class Provider:
    """For any thread. What the provider says of itself is asked for at the first sign-in, and kept for an hour.

    Attributes:
        settings: of the configuration.

    """

    def __init__(self, settings: OpenId) -> None:
        """Prepare.

        Raises:
            ConfigError: the secret or the authority cannot be used, or Authlib is not installed.

        """
        try:
            import authlib.integrations.requests_client  # noqa: PLC0415 - only where it is configured
        except ImportError as error:
            remedy = "pip install 'emotion-edge[oidc]'"
            raise ConfigError("oidc.issuer", f"needs {error.name}, which is not installed", remedy) from error
        self._client_class = authlib.integrations.requests_client.OAuth2Session
        self.settings = settings
        self._secret: str | None = None
        if settings.client_secret_file:
            self._secret = read_password(settings.client_secret_file, "oidc.client_secret_file")
        self._authority: str | bool = True
        if settings.ca_file:
            read_secret(settings.ca_file, "oidc.ca_file")
            self._authority = str(secret_path(settings.ca_file, "oidc.ca_file"))
        self._known: tuple[float, dict[str, Any], dict[str, Any]] | None = None
        self._silent_until = float("-inf")
        self._lock = threading.Lock()

    def begin(self) -> Begun:
        """Return a new sign-in; raise `ProviderUnavailable` where the provider does not answer."""
        metadata, _keys = self._metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client() as client:
            address, _state = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return Begun(str(address), state, nonce, verifier)

    def finish(self, code: str, nonce: str, verifier: str) -> Identity:
        """Return who has signed in.

        Args:
            code: of the answer.
            nonce: of the sign-in.
            verifier: of the sign-in.

        Raises:
            SignInRefused: the provider takes the code back, or its token is not for this sign-in.
            ProviderUnavailable: the provider does not answer.

        """
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415
        from requests import RequestException  # noqa: PLC0415

        metadata, _keys = self._metadata()
        if time.monotonic() < self._silent_until:
            raise self._unavailable()
        try:
            with self._client() as client:
                token = client.fetch_token(
                    metadata["token_endpoint"],
                    code=code,
                    code_verifier=verifier,
                    timeout=_SECONDS,
                    allow_redirects=False,
                )
        except AuthlibBaseError as error:
            raise SignInRefused("code", "was refused by the provider, or was used before") from error
        except (RequestException, ValueError) as error:
            raise self._silent() from error
        claims = self._claims(token, nonce)
        return self._identity(claims)

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token whose signature and claims are right."""
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.errors import ClaimError, ExpiredTokenError, JoseError  # noqa: PLC0415

        text = token.get("id_token")
        if not isinstance(text, str):
            raise SignInRefused("id_token", "is missing in the provider's answer; oidc.scopes needs openid")
        options: Any = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        params = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": token.get("access_token")}
        try:
            decoded = self._decode(jwt, text)
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(leeway=_LEEWAY_SECONDS)
        except ExpiredTokenError as error:
            raise SignInRefused("the ID token", "has expired (exp)") from error
        except ClaimError as error:
            problem = _CLAIMS.get(error.claim, "is not right")
            raise SignInRefused("the ID token", f"{problem} ({error.claim})") from error
        except (JoseError, ValueError) as error:
            raise SignInRefused("the ID token", "is not signed by the provider") from error
        return dict(claims)

    def _decode(self, jwt: Any, text: str) -> Any:  # noqa: ANN401 - a module and its token
        """Return a token whose signature is right; a key that is not known may be new."""
        from joserfc.errors import JoseError  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415

        _metadata, keys = self._metadata()
        try:
            return jwt.decode(text, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
        except (JoseError, ValueError):
            _metadata, newer = self._metadata(afresh=True)
            if newer == keys:
                raise
            return jwt.decode(text, KeySet.import_key_set(newer), algorithms=_ALGORITHMS)  # type: ignore[arg-type]

    def _identity(self, claims: dict[str, Any]) -> Identity:
        settings = self.settings
        if settings.verified_email and not (claims.get("email") and claims.get("email_verified") is True):
            raise SignInRefused("the e-mail address", "is not verified by the provider (email_verified)")
        subject, name = claims.get("sub"), claims.get(settings.name_claim)
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:  # noqa: PLR2004 - of the standard
            raise SignInRefused("the ID token", "names nobody (sub)")
        if not isinstance(name, str) or not name:
            raise SignInRefused("the ID token", f"has no name (oidc.name_claim is {settings.name_claim})")
        groups = claims.get(settings.groups_claim, [])
        groups = [groups] if isinstance(groups, str) else groups
        if not isinstance(groups, list):
            groups = []
        return Identity(
            settings.issuer, subject, name, [each for each in groups[:_MOST_GROUPS] if isinstance(each, str)]
        )

    def _client(self) -> "OAuth2Session":
        client = self._client_class(
            self.settings.client_id,
            self._secret,
            scope=self.settings.scopes,
            redirect_uri=self.settings.redirect_url,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
        )
        client.verify = self._authority
        return client

    def _metadata(self, *, afresh: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the provider says of itself, and its keys."""
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            raise self._unavailable()
        try:
            now = time.monotonic()
            most = 60.0 if afresh else _METADATA_SECONDS
            if self._known is None or now - self._known[0] > most:
                if now < self._silent_until:
                    raise self._unavailable()
                self._known = (now, *self._ask())
            return self._known[1:]
        finally:
            self._lock.release()

    def _ask(self) -> tuple[dict[str, Any], dict[str, Any]]:
        import requests  # noqa: PLC0415

        def get(address: str) -> Any:  # noqa: ANN401 - what another machine says
            return requests.get(address, verify=self._authority, timeout=_SECONDS, allow_redirects=False).json()

        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            metadata = get(address)
            _check(metadata, self.settings.issuer)
            keys = get(metadata["jwks_uri"])
        except (requests.RequestException, ValueError) as error:
            raise self._silent() from error
        if not isinstance(keys, dict):
            raise self._silent()
        return metadata, keys

    def _silent(self) -> ProviderUnavailable:
        """Return what is wrong, and remember it for a while."""
        self._silent_until = time.monotonic() + _SILENT_SECONDS
        return self._unavailable()

    def _unavailable(self) -> ProviderUnavailable:
        problem = "does not answer as an OpenID provider"
        return ProviderUnavailable(self.settings.issuer, problem, "check {}, and whether it runs", "oidc.issuer")


def _check(metadata: Any, issuer: str) -> None:  # noqa: ANN401 - what another machine says
    """Raise where the provider calls itself otherwise, or sends secrets unencrypted."""
    if not isinstance(metadata, dict) or metadata.get("issuer") != issuer:
        raise SignInRefused("the provider", "calls itself by another name than oidc.issuer")
    for name in _ENDPOINTS:
        parts = urlsplit(str(metadata.get(name)))
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise SignInRefused("the provider", f"has no https address as {name}")
