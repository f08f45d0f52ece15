"""Classify one made-up face several times: `python classify.py MODEL TIMES`. It runs inside the arm64 tree."""

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter(model_path=sys.argv[1], num_threads=1)
interpreter.allocate_tensors()
face = interpreter.get_input_details()[0]
pixels = (np.arange(np.prod(face["shape"])) % 256).reshape(face["shape"]).astype(face["dtype"])
for _ in range(int(sys.argv[2])):
    interpreter.set_tensor(face["index"], pixels)
    interpreter.invoke()
    for output in interpreter.get_output_details():
        interpreter.get_tensor(output["index"])
