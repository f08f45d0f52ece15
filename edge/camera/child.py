"""The process that reads the camera: `main` with the arguments SOCKET_FD MEMORY_FD, and settings on its stdin.

A driver that hangs or crashes affects only this process: the observer kills it and starts another.
"""

import contextlib
import json
import mmap
import os
import select
import signal
import socket
import sys
from dataclasses import replace

from edge.camera.errors import CameraError, CameraUnreadable
from edge.camera.ipc import MAX_MESSAGE, MAX_PIXELS, Failed, Ready, encode
from edge.camera.sources import make_source
from edge.camera.sources.base import FrameSource, Luma, SourceSettings
from edge.system.logs import set_up
from edge.system.privileges import forbid_core_dumps
from edge.system.process import die_with_parent


def main() -> None:
    """Serve frames until the observer closes the socket or the source fails."""
    forbid_core_dumps()
    control = socket.socket(fileno=int(sys.argv[1]))
    memory = int(sys.argv[2])
    die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the observer handles Ctrl-C in a terminal
    set_up("camera", verbose=False)
    settings = SourceSettings(**json.load(sys.stdin))
    source = make_source(settings)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        try:
            source.open()
            _serve(source, control, memory, settings.rotation)
        except CameraError as error:
            control.send(encode(Failed.of(error)))
    source.close()


def _serve(source: FrameSource, control: socket.socket, memory: int, rotation: int) -> None:
    asked = False
    told = False
    view: mmap.mmap | None = None
    while True:
        # A camera's frames are dropped until one is requested, so that the answer is always the newest; a clip waits.
        wait = None if not (source.live or asked) else 0
        if select.select([control], [], [], wait)[0]:
            if not control.recv(MAX_MESSAGE):
                return
            asked = True
        source.grab()
        if asked and (luma := source.retrieve()) is not None:
            if not told:
                control.send(encode(replace(source.facts(), rotation=rotation)))
                told = True
            luma = source.turn.apply(luma)
            view = _store(luma, memory, view)
            control.send(encode(Ready(luma.shape[1], luma.shape[0])))
            asked = False


def _store(luma: Luma, memory: int, view: mmap.mmap | None) -> mmap.mmap:
    if luma.nbytes > MAX_PIXELS:
        size = f"{luma.shape[1]}x{luma.shape[0]} pixels"
        raise CameraUnreadable("camera.source", f"frames of {size} are too large", "use at most 16 megapixels")
    if view is None or len(view) < luma.nbytes:
        os.ftruncate(memory, luma.nbytes)
        view = mmap.mmap(memory, luma.nbytes)
    view[: luma.nbytes] = luma.tobytes()
    return view
