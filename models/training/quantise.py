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
from torch import nn

from models.training.network import Probabilities

CALIBRATION_FACES = 500


def to_int8(network: nn.Module, faces: NDArray[np.uint8], out: Path, seed: int = 0) -> None:
    """Write `network`, with softmax, as int8 TFLite to `out`.

    The file's input is (1, 48, 48, 1), resizable to any batch, and its real (dequantised) value the pixel 0-255;
    output 0 is (1, 7) probabilities.

    Args:
        network: takes (N, 1, 48, 48) pixels, returns (N, 7) logits.
        faces: (N, 48, 48) uint8 training faces; a random `CALIBRATION_FACES` of them set the activations' ranges.
        out: file to write.
        seed: of the choice of calibration faces.

    """
    exported = litert_torch.to_channel_last_io(Probabilities(network).eval(), args=[0])
    with tempfile.TemporaryDirectory() as folder:
        float_file = Path(folder) / "float.tflite"
        litert_torch.convert(exported, (torch.zeros(1, 48, 48, 1),)).export(str(float_file))
        _free_the_batch(float_file)
        quantiser = quantizer.Quantizer(str(float_file), recipe.static_wi8_ai8())
        chosen = np.random.default_rng(seed).choice(len(faces), CALIBRATION_FACES, replace=False)
        pictures = faces[chosen].astype(np.float32)[..., None]
        # Ranges are averaged over the samples: a black and a white pixel in each make the input's exactly 0-255.
        pictures[:, 0, 0], pictures[:, 0, 1] = 0, 255
        name = _input_name(float_file)
        samples = [{name: picture[None]} for picture in pictures]
        calibration = quantiser.calibrate({"serving_default": samples})
        quantiser.quantize(calibration).export_model(str(out), overwrite=True)


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


def _input_name(file: Path) -> str:
    signature = Interpreter(model_path=str(file)).get_signature_list()["serving_default"]
    return str(signature["inputs"][0])
