"""The models of this release, by the digest of their files."""

DIGESTS = {
    "standard": "bf17e380533d892a5e6689af2fc8af4032dd8c84328ee4e5710e66a114b6390d",
    "small": "17aeb9777bc9da46ca169c139ede003c4e7e8ae4d0d93d95f7b933a2b81e9f63",
}
"""SHA-256. They stand in the code, as the .json beside a model can be exchanged together with it."""
