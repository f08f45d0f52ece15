"""Changes of bytes by chance; atheris, where it is installed, makes better ones."""

import random

_INTERESTING = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\0",
    b"1e999",
    b"NaN",
)
_WORDS = (
    b'{"',
    b'":',
    b"[[[[",
    b"]",
    b"null",
    b"true",
    b"-1",
    b"\xef\xbb\xbf",
    b"\\u0000",
    b"\n",
    b"=",
    b'"""',
    b"@",
    b"://",
)
_MOST_BYTES = 400_000


def mutate(chance: random.Random, seeds: list[bytes]) -> bytes:
    """Return one of the seeds after one to eight changes."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 1:
                piece = chance.choice(_INTERESTING + _WORDS)
                data[at : at + len(piece)] = piece
            case 2:
                data[at:at] = chance.choice(_INTERESTING + _WORDS) * chance.choice((1, 1, 1, 100))
            case 3:
                del data[at : at + chance.choice((1, 2, 8, 64, 4096))]
            case 4:
                other = chance.choice(seeds)
                begin = chance.randrange(len(other) + 1)
                data[at:at] = other[begin : begin + chance.choice((1, 4, 32, 512))]
            case _:
                data[at : at + 4] = chance.randbytes(4)
    return bytes(data[:_MOST_BYTES])
