"""The models of this release, by the digest of their files."""

DIGESTS = {
    "standard": "577692c9afa55644d411d5ac459e5468ff0bf61f537dfc5eb71edf778a1884ff",
    "small": "972d803675f907508698084ea94880b5454fecb812432a7a6ccf11c7ffe0d498",
}
"""SHA-256. They stand in the code, as the .json beside a model can be exchanged together with it."""
