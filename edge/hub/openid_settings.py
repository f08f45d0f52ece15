"""`[oidc]` of the hub: people sign in at the school's own provider, and its groups are roles here."""

from typing import NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edge.config.section import Section
from edge.config.values import is_loopback
from edge.hub.role import ROLES


class Grant(NamedTuple):
    """What the members of a group may do.

    Attributes:
        group: at the provider.
        role: one of `ROLES`.
        site: of a head, or of the devices.
        devices: of a teacher.

    """

    group: str
    role: str
    site: str
    devices: tuple[str, ...]


def grant(text: str) -> Grant:
    """Return what an entry of `roles` says; raise ValueError where it cannot be meant."""
    group, equals, right = text.rpartition("=")
    role, *rest = right.split() or [""]
    devices = tuple(sorted(filter(None, rest[1].split(",")))) if len(rest) > 1 else ()
    found = Grant(group.strip(), role, rest[0] if rest else "", devices)
    wanted = {"admin": 0, "head": 1, "teacher": 2}.get(role)
    if not equals or not found.group or wanted != len(rest) or (role == "teacher" and not devices):
        msg = "is no role of a group; write it = admin, heads = head SITE, or b12 = teacher SITE DEVICE,DEVICE"
        raise ValueError(msg)
    return found


class OpenId(Section):
    """Login by OpenID Connect beside the password. Needs pip install 'emotion-edge[oidc]'."""

    issuer: str = Field(
        "", max_length=300, description="address of the provider, as https://login.school.example; empty: no such login"
    )
    client_id: str = Field("", max_length=300, description="of the hub at the provider")
    client_secret_file: str = Field(
        "", description="file with the client's secret, or credential:NAME; empty: a public client, by PKCE alone"
    )
    redirect_url: str = Field(
        "", max_length=300, description="as the provider knows it: https://HUB:8350/api/v1/oidc/callback"
    )
    ca_file: str = Field("", description="certificate authority of the provider in PEM; empty: those of the system")
    scopes: str = Field("openid profile email", max_length=300, description="that are asked for")
    label: str = Field("OpenID Connect", min_length=1, max_length=60, description="what the page's button names")
    name_claim: str = Field(
        "preferred_username", max_length=100, description="claim of the ID token that is the account's name"
    )
    groups_claim: str = Field("groups", max_length=100, description="claim of the ID token that lists the groups")
    roles: tuple[str, ...] = Field(
        (),
        max_length=200,
        description='what members of a group may do: ["it = admin", "heads = head SITE", "b12 = teacher SITE DEVICE"]',
    )
    verified_email: bool = Field(
        default=True, description="refuse who has no e-mail address that the provider has verified (email_verified)"
    )

    @field_validator("issuer", "redirect_url")
    @classmethod
    def _secure(cls, value: str) -> str:
        parts = urlsplit(value)
        here = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if value and not (here or (parts.scheme == "https" and parts.hostname)):
            msg = "is no https address"
            raise ValueError(msg)
        return value

    @field_validator("roles")
    @classmethod
    def _meant(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            grant(each)
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [name for name in ("client_id", "redirect_url", "roles") if not getattr(self, name)]
        if self.issuer and missing:
            msg = f"issuer is set without {', '.join(missing)}; nobody could sign in"
            raise ValueError(msg)
        return self

    def grant_of(self, groups: list[str]) -> Grant | None:
        """Return what a member of some groups may do: the highest role, its first site, all devices there."""
        found = [each for each in map(grant, self.roles) if each.group in groups]
        if not found:
            return None
        best = max(found, key=lambda each: ROLES.index(each.role))
        same = [each for each in found if (each.role, each.site) == (best.role, best.site)]
        return best._replace(devices=tuple(sorted({device for each in same for device in each.devices})))
