"""Login at a provider by the real protocol, and what attackers would bring back from it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey

from edge.errors import UnusableInput
from edge.hub.openid_settings import OpenId
from edge.hub.people import passwords
from tests.hub.people import PASSWORD, School, session
from tests.hub.provider import CLIENT, SECRET, Provider

CALLBACK = "http://127.0.0.1:8350/api/v1/oidc/callback"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def school(tmp_path: Path, provider: Provider) -> Iterator[School]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    settings = {
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret_file": str(secret),
        "redirect_url": CALLBACK,
        "roles": ["it = admin", "heads = head north", "b12 = teacher north pi-1", "b13 = teacher north pi-2"],
    }
    school = School(tmp_path, oidc=settings)
    yield school
    school.database.engine.dispose()


def go(client: Any) -> str:
    """Log in at the provider; return where it sends the browser back to."""
    begun = client.get("/api/v1/oidc/login", follow_redirects=False)
    assert begun.status_code == 303, begun.text
    back = httpx2.get(begun.headers["location"], follow_redirects=False, trust_env=False)
    return str(back.headers["location"])


def come_back(client: Any, address: str, **headers: str) -> Any:
    return client.get(address, follow_redirects=False, headers={"Sec-Fetch-Site": "cross-site"} | headers)


def test_a_person_of_a_group_is_logged_in_as_by_a_password(school: School) -> None:
    client = school.client()
    answer = come_back(client, go(client))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "SameSite=strict" in answer.headers["set-cookie"]
    said = session(client).json()
    assert (said["name"], said["role"], said["site"], said["rooms"]) == ("anna.weber", "teacher", "north", ["pi-1"])
    assert [room["room"] for room in client.get("/api/v1/rooms").json()["rooms"]] == ["N-one"]
    client.headers["X-CSRF-Token"] = said["csrf"]
    assert client.delete("/api/v1/session").status_code == 204
    assert session(client).status_code == 401
    assert school.client().get("/api/v1/state").json()["sign_in"] == "OpenID Connect"


def test_rights_follow_the_groups_at_the_next_login(school: School, provider: Provider) -> None:
    for groups, role, rooms in (
        (["b12", "b13"], "teacher", ["pi-1", "pi-2"]),
        (["b12", "it"], "admin", []),
        ("heads", "head", []),
    ):
        provider.person["groups"] = groups
        provider.person["preferred_username"] = f"anna-{role}"  # the person stays the same by `sub`
        client = school.client()
        come_back(client, go(client))
        said = session(client).json()
        assert (said["name"], said["role"], said["rooms"]) == (f"anna-{role}", role, rooms)
    assert len(school.access.accounts.all()) == 1
    actions = [entry["action"] for entry in school.access.audit.entries(None, 0, 2**40, 10)]
    assert actions == ["account changed", "account changed", "account added"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"nonce": "another"}, "the ID token belongs to another sign-in (nonce)"),
        ({"nonce": None}, "the ID token belongs to another sign-in (nonce)"),
        ({"aud": "another"}, "the ID token is for another application (aud)"),
        ({"aud": ["another", CLIENT], "azp": "another"}, "the ID token is for another application (azp)"),
        ({"exp": int(time.time()) - 3600}, "the ID token has expired (exp)"),
        ({"iat": int(time.time()) + 86_400}, "the ID token is of the future (iat)"),
        ({"iss": "https://evil.example"}, "the ID token is of another provider (iss)"),
        ({"email_verified": False}, "the e-mail address is not verified by the provider (email_verified)"),
        ({"email_verified": "true"}, "the e-mail address is not verified by the provider (email_verified)"),
        ({"email": None}, "the e-mail address is not verified by the provider (email_verified)"),
        ({"groups": ["pupils"]}, "your account is in no group that has a role here (oidc.roles)"),
        ({"groups": None}, "your account is in no group that has a role here (oidc.roles)"),
        ({"preferred_username": None}, "the ID token has no name (oidc.name_claim is preferred_username)"),
        ({"sub": None}, "the ID token"),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    school: School, provider: Provider, spoil: dict[str, Any], words: str
) -> None:
    def change(claims: dict[str, Any]) -> None:
        claims.update(spoil)
        for name, value in spoil.items():
            if value is None:
                del claims[name]

    provider.spoil = change
    refused(school, lambda address: address, words)


def refused(school: School, change: Callable[[str], str], words: str) -> None:
    client = school.client()
    answer = come_back(client, change(go(client)))
    assert (answer.status_code, words in answer.json()["detail"]) == (403, True), answer.text
    assert session(client).status_code != 200 or session(client).json()["role"] == "local"
    assert school.access.accounts.all() == []


def changed(address: str, **query: str) -> str:
    given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return f"{CALLBACK}?{urlencode(given | query)}"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"state": "another"}, "the answer belongs to another sign-in (state)"),
        ({"state": ""}, "the answer belongs to another sign-in (state)"),
        ({"iss": "https://evil.example"}, "the answer is of another provider (iss)"),
        ({"code": "guessed"}, "code was refused by the provider, or was used before"),
        ({"code": "", "error": "access_denied"}, "the provider has not let you in"),
    ],
)
def test_an_answer_that_was_changed_lets_nobody_in(school: School, query: dict[str, str], words: str) -> None:
    refused(school, lambda address: changed(address, **query), words)


def test_the_answer_of_another_browser_lets_nobody_in(school: School) -> None:
    """Login CSRF: an attacker's code in the browser of a victim; and a code that was stolen on its way."""
    attacker, victim = school.client(), school.client()
    stolen = go(attacker)
    assert "has begun no sign-in" in come_back(victim, stolen).json()["detail"]
    own = go(victim)
    assert "(state)" in come_back(victim, stolen).json()["detail"]
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    go(victim)
    assert "belongs to another sign-in" in come_back(victim, own).json()["detail"]
    own = go(victim)  # with the own state: the code's verifier is in the other browser (PKCE)
    assert "was refused by the provider" in come_back(victim, changed(own, code=code)).json()["detail"]


def test_an_answer_is_good_once(school: School) -> None:
    client = school.client()
    address = go(client)
    cookies = dict(client.cookies)
    assert come_back(client, address).status_code == 303
    again = school.client()
    again.cookies.update(cookies)
    assert "was used before" in come_back(again, address).json()["detail"]


@pytest.mark.parametrize("published", [True, False])
def test_a_new_key_of_the_provider_is_found_and_a_stranger_s_is_not(
    school: School, provider: Provider, *, published: bool
) -> None:
    client = school.client()
    come_back(client, go(client))
    provider.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    if published:
        provider.published = provider.key
    known = school.access.provider
    assert known is not None
    assert known._known is not None
    known._known = (known._known[0] - 100, *known._known[1:])  # a minute later
    answer = come_back(client, go(client))
    assert answer.status_code == (303 if published else 403)
    assert published or "is not signed by the provider" in answer.json()["detail"]


def test_nobody_takes_over_an_account_with_a_password(school: School) -> None:
    school.access.accounts.add("anna.weber", "admin", ("", []), PASSWORD, "test")
    client = school.client()
    answer = come_back(client, go(client))
    assert (answer.status_code, "is that of another account here" in answer.json()["detail"]) == (403, True)
    assert school.access.accounts.find("anna.weber").role == "admin"  # type: ignore[union-attr]


def test_an_account_of_the_provider_has_no_password(school: School) -> None:
    client = school.client()
    come_back(client, go(client))
    with pytest.raises(UnusableInput, match="signs in at the OpenID provider"):
        school.access.accounts.set_password("anna.weber", PASSWORD, "test")
    for guess in ("", "nobody has this password"):
        assert not passwords.matches("", guess)
        body = {"name": "anna.weber", "password": guess or " "}
        assert school.client().post("/api/v1/session", json=body).status_code == 401


def test_a_provider_that_is_down_or_calls_itself_otherwise_is_named(
    school: School, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = school.client()
    monkeypatch.setattr(provider, "issuer", "https://evil.example")
    answer = client.get("/api/v1/oidc/login", follow_redirects=False)
    assert (answer.status_code, "calls itself by another name" in answer.json()["detail"]) == (403, True)
    monkeypatch.setattr(provider, "metadata", lambda: ["nonsense"])
    assert client.get("/api/v1/oidc/login", follow_redirects=False).status_code == 403
    provider.__exit__()
    answer = client.get("/api/v1/oidc/login", follow_redirects=False)
    assert (answer.status_code, "does not answer" in answer.json()["detail"]) == (503, True)
    asked: list[str] = []
    monkeypatch.setattr(school.access.provider, "_ask", lambda: asked.append("again"))
    page = client.get("/api/v1/oidc/login", follow_redirects=False, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "You are not logged in" in page.text
    assert not asked, "strangers make the hub wait again and again"


def test_a_page_of_another_address_begins_no_login(school: School) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert school.client().get("/api/v1/oidc/login", headers=headers, follow_redirects=False).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"issuer": "http://login.school.example"}, "is no https address"),
        ({"issuer": "https://login.school.example"}, "without client_id, redirect_url, roles"),
        ({"roles": ["b12 teacher"]}, "is no role of a group"),
        ({"roles": ["b12 = teacher north"]}, "is no role of a group"),
        ({"roles": ["it = admin north"]}, "is no role of a group"),
        ({"roles": ["heads = boss north"]}, "is no role of a group"),
    ],
)
def test_settings_that_let_nobody_in_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OpenId.model_validate(wrong)
