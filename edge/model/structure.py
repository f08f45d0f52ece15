"""Whether every offset and index in a TFLite file stays inside of it.

The runtimes follow offsets without a check (tflite-runtime 2.14, LiteRT 2.1: `Interpreter(model_path=…)` builds the
model without the verifier of FlatBuffers), and so read foreign memory for a damaged file. Tables and fields are those
of TensorFlow's schema.fbs, version 3: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
"""

import struct
from dataclasses import dataclass, field
from typing import Any

_SCALARS = {"u8": "<B", "i8": "<b", "u32": "<I", "i32": "<i", "f32": "<f", "i64": "<q", "u64": "<Q"}
_TABLES: dict[str, tuple[str, ...]] = {
    "Model": ("u32", "[OperatorCode]", "[SubGraph]", "[u8]", "[Buffer]", "[i32]", "[Metadata]", "[SignatureDef]"),
    "OperatorCode": ("i8", "[u8]", "i32", "i32"),
    "SubGraph": ("[Tensor]", "[i32]", "[i32]", "[Operator]", "[u8]"),
    "Tensor": ("[i32]", "i8", "u32", "[u8]", "Quantization", "u8", "", "[i32]", "u8"),
    "Quantization": ("[f32]", "[f32]", "[f32]", "[i64]", "", "", "i32"),
    "Operator": ("u32", "[i32]", "[i32]", "u8", "Options", "[u8]", "i8", "[u8]", "[i32]"),
    "Buffer": ("[u8]",),
    "Metadata": ("[u8]", "u32"),
    "SignatureDef": ("[TensorMap]", "[TensorMap]", "[u8]", "", "u32"),
    "TensorMap": ("[u8]", "u32"),
    "Options": ("u32",) * 16,  # of all operators but one: numbers and switches
    "ReshapeOptions": ("[i32]",),
}
"""Fields by number: a scalar, a table, or a vector of either; empty: not used by these networks, so refused."""
_RESHAPE = 17
_MOST = 1_000_000
"""Tables and vectors: a file can name one part of itself again and again."""


class Unsound(ValueError):
    """An offset or index leads out of the file, or to something that is not understood."""


@dataclass
class _File:
    """The bytes of a file, and how many parts were read so far."""

    data: bytes
    parts: int = field(default=0)

    def number(self, kind: str, at: int) -> Any:  # noqa: ANN401 - an int or a float
        """Return the scalar at a position."""
        form = _SCALARS[kind]
        if not 0 <= at <= len(self.data) - struct.calcsize(form):
            raise Unsound(f"an offset leads to byte {at} of {len(self.data)}")
        return struct.unpack_from(form, self.data, at)[0]

    def follow(self, at: int) -> int:
        """Return where the offset at a position leads to."""
        self.parts += 1
        if self.parts > _MOST:
            raise Unsound("the file names too many parts")
        return int(at + self.number("u32", at))

    def table(self, kind: str, at: int) -> dict[int, Any]:
        """Return the fields of a table by number, each read and checked."""
        entries = at - int(self.number("i32", at))
        size, inline = (int(struct.unpack("<H", self.part(entries + 2 * index, 2))[0]) for index in (0, 1))
        if size % 2 or size < 4 or inline < 4:  # noqa: PLR2004 - the two sizes themselves, and the offset
            raise Unsound("a table has no sound size")
        self.part(entries, size)
        self.part(at, inline)
        found: dict[int, Any] = {}
        for index in range((size - 4) // 2):
            offset = int(struct.unpack("<H", self.part(entries + 4 + 2 * index, 2))[0])
            if not offset:
                continue
            name = _TABLES[kind][index] if index < len(_TABLES[kind]) else ""
            if not name or offset >= inline:
                raise Unsound(f"{kind} has a field {index} that is not understood")
            if name == "Options" and found.get(3) == _RESHAPE:
                name = "ReshapeOptions"
            found[index] = self.value(name, at + offset, options=kind == "Options")
        return found

    def value(self, name: str, at: int, *, options: bool) -> Any:  # noqa: ANN401 - as the field is
        """Return the value of a field."""
        if name.startswith("["):
            return self.vector(name[1:-1], self.follow(at))
        if name in _TABLES:
            return self.table(name, self.follow(at))
        return self.number("u8" if options else name, at)

    def vector(self, kind: str, at: int) -> Any:  # noqa: ANN401 - bytes, numbers or tables
        """Return the elements of a vector; bytes as they are."""
        count = int(self.number("u32", at))
        if kind in _TABLES:
            self.part(at + 4, 4 * count)
            return [self.table(kind, self.follow(at + 4 + 4 * index)) for index in range(count)]
        form = _SCALARS[kind]
        content = self.part(at + 4, count * struct.calcsize(form))
        return content if kind == "u8" else struct.unpack(f"<{count}{form[1]}", content)

    def part(self, at: int, size: int) -> bytes:
        """Return some bytes, all of which must be there."""
        if at < 0 or at + size > len(self.data):
            raise Unsound(f"an offset leads to byte {at} of {len(self.data)}")
        return self.data[at : at + size]


def check_structure(data: bytes) -> None:
    """Follow every offset and index of a TFLite file.

    Raises:
        Unsound: one leads out of the file, or the file uses what these networks do not.

    """
    file = _File(data)
    model = file.table("Model", file.follow(0))
    codes, graphs, buffers = (model.get(index, []) for index in (1, 2, 4))
    _check(model.get(5, ()), len(buffers), "buffer")
    _check([one.get(1, 0) for one in model.get(6, [])], len(buffers), "buffer")
    if not graphs:
        raise Unsound("the file holds no network")
    for graph in graphs:
        tensors, operators = graph.get(0, []), graph.get(3, [])
        _check([one.get(2, 0) for one in tensors], len(buffers), "buffer")
        _check([one.get(0, 0) for one in operators], len(codes), "operator code")
        for part in (graph.get(1, ()), graph.get(2, ())):
            _check(part, len(tensors), "tensor")
        for operator in operators:
            for part in (1, 2, 8):
                _check([index for index in operator.get(part, ()) if index != -1], len(tensors), "tensor")


def _check(indices: Any, count: int, name: str) -> None:  # noqa: ANN401 - any sequence of numbers
    if any(not 0 <= index < count for index in indices):
        raise Unsound(f"an index names a {name} that there is not")
