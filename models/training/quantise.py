"""From a trained PyTorch network to a full-integer TFLite file.

Static post-training quantisation, int8 weights and activations (Jacob et al., CVPR 2018), with `litert-torch` and
`ai-edge-quantizer`.
"""

import tempfile
from pathlib import Path

import litert_torch
import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.tools import flatbuffer_utils
from ai_edge_quantizer import quantizer, recipe
from numpy.typing import NDArray
from torch import Tensor, nn

from models.training.graph import Graph

CALIBRATION_FACES = 480
CALIBRATION_WINDOWS = 160
_CALIBRATION_BATCH = 64


def multiply_accumulates(network: Graph) -> int:
    """Multiply-accumulate operations of one 48x48 face, counted over convolutions and dense layers."""
    total = 0

    def count(module: nn.Conv2d | nn.Linear, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        total += module.weight[0].numel() * output[0].numel()

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 48, 48, 1))
    for hook in hooks:
        hook.remove()
    return total


def to_int8(network: Graph, faces: NDArray[np.uint8], windows: NDArray[np.uint8], out: Path, seed: int = 0) -> None:
    """Write `network` as int8 TFLite to `out`.

    The file's input is (1, 48, 48, 1), resizable to any batch, and its real (dequantised) value the pixel 0-255.

    Args:
        network: to quantise.
        faces: (N, 48, 48) uint8 training faces; a random `CALIBRATION_FACES` of them set the activations' ranges.
        windows: (M, 48, 48) uint8, none of them a face; so do `CALIBRATION_WINDOWS` of them.
        out: file to write.
        seed: of the choice.

    """
    with tempfile.TemporaryDirectory() as folder:
        float_file = Path(folder) / "float.tflite"
        litert_torch.convert(network.eval(), (torch.zeros(1, 48, 48, 1),)).export(str(float_file))
        _free_the_batch(float_file)
        quantiser = quantizer.Quantizer(str(float_file), recipe.static_wi8_ai8())
        generator = np.random.default_rng(seed)
        chosen = [
            faces[generator.choice(len(faces), CALIBRATION_FACES, replace=False)],
            windows[generator.choice(len(windows), CALIBRATION_WINDOWS, replace=False)],
        ]
        pictures = generator.permutation(np.concatenate(chosen)).astype(np.float32)[..., None]
        # Ranges are averaged over the samples, so each has to hold both kinds, or the face output never says no. A
        # black and a white pixel in each make the input's range exactly 0-255.
        pictures[:, 0, 0], pictures[:, 0, 1] = 0, 255
        name = _input_name(float_file)
        batches = range(0, len(pictures), _CALIBRATION_BATCH)
        samples = [{name: pictures[first : first + _CALIBRATION_BATCH]} for first in batches]
        calibration = quantiser.calibrate({"serving_default": samples})
        quantiser.quantize(calibration).export_model(str(out), overwrite=True)
    _shorten_names(out)


def _free_the_batch(file: Path) -> None:
    """Let `resize_tensor_input` change the batch: mark it free, and keep reshapes from fixing it at one."""
    model = flatbuffer_utils.read_model(str(file))
    graph = model.subgraphs[0]
    for operator in graph.operators:
        if model.operatorCodes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.RESHAPE:
            target = model.buffers[graph.tensors[operator.inputs[1]].buffer]
            shape = np.frombuffer(bytes(target.data), np.int32).copy()
            shape[0] = -1
            target.data = np.frombuffer(shape.tobytes(), np.uint8)
    tensor = graph.tensors[graph.inputs[0]]
    tensor.shapeSignature = [-1, *tensor.shape[1:]]
    flatbuffer_utils.write_model(model, str(file))


def _shorten_names(file: Path) -> None:
    """Replace the names of tensors by numbers: those that PyTorch gave take 37 kB."""
    model = flatbuffer_utils.read_model(str(file))
    for graph in model.subgraphs:
        for number, tensor in enumerate(graph.tensors):
            tensor.name = str(number).encode()
    flatbuffer_utils.write_model(model, str(file))


def _input_name(file: Path) -> str:
    signature = Interpreter(model_path=str(file)).get_signature_list()["serving_default"]
    return str(signature["inputs"][0])
