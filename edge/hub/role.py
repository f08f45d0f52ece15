"""The roles of people, which accounts and groups of a provider have."""

from typing import Literal, get_args

Role = Literal["teacher", "head", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least rights to the most."""
