"""What tutorials and student projects do: the default cascade on the whole frame, `keras.predict` for every face.

The network is the original project's kind (four blocks of convolutions, five dense layers); its weights do not matter
for the cost.
"""

import cv2
import keras
import numpy as np
from keras import layers
from stopwatch import run

_FILTERS = (64, 128, 512, 512)
_DENSE = (512, 256, 128, 64)

cv2.setNumThreads(1)
parts: list[object] = [keras.Input((48, 48, 1))]
for filters in _FILTERS:
    parts += [layers.Conv2D(filters, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()]
    parts += [layers.MaxPooling2D(), layers.Dropout(0.25)]
parts.append(layers.Flatten())
for width in _DENSE:
    parts += [layers.Dense(width, activation="relu"), layers.Dropout(0.25)]
parts.append(layers.Dense(7, activation="softmax"))
model = keras.Sequential(parts)
cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")


def analyse(frame: object, _now: float) -> int:
    """Count the faces in a frame and classify each."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    faces = cascade.detectMultiScale(grey, 1.3, 5)
    for x, y, w, h in faces:
        face = cv2.resize(grey[y : y + h, x : x + w], (48, 48)).astype(np.float32) / 255
        model.predict(face[None, ..., None], verbose=0)
    return len(faces)


run(analyse)
