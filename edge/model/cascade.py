"""Where the file of a cascade lies; found without loading OpenCV."""

from importlib.util import find_spec
from pathlib import Path

from edge.errors import UnusableCascade

FRONTAL = "haarcascade_frontalface_alt2.xml"
_DEBIAN = Path("/usr/share/opencv4/haarcascades")


def cascade_file(path: str = "", name: str = FRONTAL) -> Path:
    """Return `path`, or where OpenCV's wheel or Debian's `opencv-data` has the cascade `name`.

    Raises:
        UnusableCascade: no path is given, and neither has it.

    """
    if path:
        return Path(path)
    spec = find_spec("cv2")
    folders = [Path(place) / "data" for place in (spec.submodule_search_locations or [])] if spec else []
    for folder in [*folders, _DEBIAN]:
        if (folder / name).is_file():
            return folder / name
    raise UnusableCascade(name, "is not on this machine", "apt install opencv-data, or set vision.cascade to a file")
