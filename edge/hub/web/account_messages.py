"""What the routes of accounts, pauses and the audit log take and give."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from edge.hub.people.roles import Kind
from edge.hub.web.messages import Span

_TEXT = r"^[^\x00]*$"
"""PostgreSQL takes no NUL."""
DeviceName = Annotated[str, Field(min_length=1, max_length=64, pattern=_TEXT)]
LONGEST_PAUSE = timedelta(days=31)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False, hide_input_in_errors=True)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Login(_Asked):
    """A name with its password, or the token of a wall screen."""

    name: Annotated[str, Field(max_length=200, pattern=_TEXT)] = Field("", description="of the account")
    password: Annotated[str, Field(max_length=1000)] = Field("", description="of the account")
    token: Annotated[str, Field(max_length=200)] = Field("", description="of a wall screen, instead of both")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.token) == bool(self.name and self.password):
            msg = "needs name and password, or a token"
            raise ValueError(msg)
        return self


class PasswordChange(_Asked):
    """The own password, and a new one."""

    old: Annotated[str, Field(max_length=1000)]
    new: Annotated[str, Field(max_length=1000)]

    @model_validator(mode="after")
    def _another(self) -> Self:
        if self.old == self.new:
            msg = "the new password is the old one"
            raise ValueError(msg)
        return self


class SessionAnswer(_Answer):
    """Who is logged in."""

    name: str = Field(description="of the account or token; empty for `local`")
    role: Kind = Field(description="screen: a token; local: this machine, while no account exists")
    site: str = Field(description="of a head or of the devices; empty where there is no limit")
    rooms: list[str] = Field(description="ids of the own devices; empty where the rights are not by device")
    csrf: str | None = Field(description="value of the header X-CSRF-Token of requests that change something")
    plain_http: bool = Field(description="whether the hub serves other machines without HTTPS")
    pauses: bool = Field(description="whether the hub has a broker login that may pause devices")


class PauseOrder(_Asked):
    """A pause, or its end."""

    paused: bool = Field(strict=True)
    until: AwareDatetime | None = Field(None, description="when the hub resumes the device; null: it does not")

    @model_validator(mode="after")
    def _future(self) -> Self:
        if self.until is None:
            return self
        if not self.paused:
            msg = "`until` belongs to a pause"
            raise ValueError(msg)
        now = datetime.now(UTC)
        if not now < self.until <= now + LONGEST_PAUSE:
            msg = f"`until` must lie in the next {LONGEST_PAUSE.days} days"
            raise ValueError(msg)
        return self


class PauseQuery(_Asked):
    """Parameters of a pause."""

    site: Annotated[str, Field(max_length=64, pattern=_TEXT)] = Field(
        "", description="where several sites have such a device"
    )


class PauseAnswer(_Answer):
    """Whether a device is paused, and by which order of the hub."""

    site: str
    device: str
    paused: bool | None = Field(description="as the device has published; null: the hub does not know it")
    by: str | None = Field(description="who paused it; null: not by this hub, or not paused")
    since: str | None
    until: str | None = Field(description="when the hub resumes it; null: it does not")


class AuditQuery(Span):
    """Parameters of `audit`."""

    limit: Annotated[int, Field(ge=1, le=5000)] = Field(1000, description="largest number of entries")


class AuditEntry(_Answer):
    """Something that was done."""

    time: str
    actor: str
    action: str
    subject: str = Field(description="account, token or device")
    site: str = Field(description="of the subject")
    detail: str
    times: int = Field(description="how often on that day, of failed logins")


class AuditAnswer(_Answer):
    """Entries, newest first."""

    audit: list[AuditEntry]
