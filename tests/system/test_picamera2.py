"""The real picamera2 and libcamera, without a camera: libcamera's virtual camera shows pictures that the test made."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
WIDTH, HEIGHT = 650, 482  # 650 is no multiple of 4, let alone of 64
TOOLS = ("mmdebstrap", "gcc", "unshare", "chroot")

pytestmark = pytest.mark.timeout(900)  # the first test builds the tree

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def tree() -> Path:
    """Return the Debian tree, built at its first use."""
    folder = os.environ.get("EMOTION_EDGE_TREES")
    if not folder:
        pytest.skip("set EMOTION_EDGE_TREES to a folder for Debian trees (1 GB) to try the real picamera2")
    if os.geteuid():
        pytest.skip("the Debian tree for picamera2 can be built and entered by root only")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"the Debian tree for picamera2 needs: apt install {' '.join(missing)}")
    path = Path(folder).resolve() / "trixie-picamera2"
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([HERE / "make_camera_tree.sh", path], check=True)
    return path


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Fill the folder of the virtual camera: configuration, two pictures, and the shim for DMA heaps."""
    source = HERE / "fake_dma_heap.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", tmp_path / "fake_dma_heap.so", source, "-ldl"], check=True)
    (tmp_path / "frames").mkdir()
    shade = np.add.outer(np.linspace(20, 90, HEIGHT), np.linspace(0, 120, WIDTH)).astype(np.uint8)
    for number, name in enumerate(("collins", "hopper")):
        face = cv2.imread(str(CHECKOUT / f"edge/camera/sources/portraits/{name}.jpg"), cv2.IMREAD_GRAYSCALE)
        assert face is not None
        picture = np.roll(shade, 40 * number, axis=0)
        top, left = 30 + 60 * number, 50 + 250 * number
        picture[top : top + face.shape[0], left : left + face.shape[1]] = face
        cv2.imwrite(str(tmp_path / f"frames/{number}.jpg"), cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    (tmp_path / "virtual.yaml").write_text(f"""\
"Virtual0":
  supported_formats:
  - {{width: 640, height: 480, frame_rates: [30]}}
  - {{width: {WIDTH}, height: {HEIGHT}, frame_rates: [30]}}
  frames: {{path: /usr/share/libcamera/pipeline/virtual/frames}}
  location: CameraLocationFront
  model: Virtual
""")
    return tmp_path


@pytest.fixture
def run(tree: Path, work: Path) -> Run:
    """Return what runs a function of `virtual_camera.py` in the tree; all it printed is under `output`."""

    def run_in_tree(*arguments: object) -> dict[str, Any]:
        done = subprocess.run(command(tree, work, *arguments), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result | {"output": done.stdout}

    return run_in_tree


@pytest.fixture
def holder(tree: Path, work: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the camera until its standard input is closed."""
    with subprocess.Popen(
        command(tree, work, "hold"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def command(tree: Path, work: Path, *arguments: object) -> list[str]:
    program = ["python3", "/mnt/tests/system/virtual_camera.py", *map(str, arguments)]
    return [str(HERE / "in_camera_tree.sh"), str(tree), str(CHECKOUT), str(work), *program]


def distances(work: Path, width: int, height: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Mean absolute difference of every frame taken (rows) to the pictures fed in (columns), cut to size."""
    taken = np.load(work / "frames.npy").astype(float)
    assert taken.shape == (16, height, width)
    fed = [cv2.imread(str(work / f"frames/{number}.jpg"), cv2.IMREAD_GRAYSCALE) for number in range(2)]
    pictures = [picture[:height, :width].astype(float) for picture in fed if picture is not None]
    return np.array([[np.abs(frame - picture).mean() for picture in pictures] for frame in taken])


@pytest.mark.parametrize("padding", [0, 10, 64])
def test_frames_are_the_luma_of_the_pictures_fed_in(run: Run, work: Path, padding: int) -> None:
    result = run("frames", WIDTH, HEIGHT, padding)

    assert (result["format"], result["stride"]) == ("NV12", WIDTH)
    assert (result["dtypes"], result["contiguous"]) == (["uint8"], True)
    difference = distances(work, WIDTH - padding, HEIGHT)
    assert difference.min(axis=1).max() < 1.5
    assert difference.max(axis=1).min() > 10
    assert set(difference.argmin(axis=1)) == {0, 1}


def test_the_size_that_the_camera_set_counts_where_it_has_not_the_one_asked_for(run: Run, work: Path) -> None:
    run("frames", 1280, 720)

    assert distances(work, WIDTH, HEIGHT).min(axis=1).max() < 1.5


def test_a_camera_held_by_another_process_is_busy_until_that_ends(run: Run, holder: "subprocess.Popen[str]") -> None:
    refused = run("frames", 640, 480)
    assert refused["error"] == "CameraBusy"
    assert "Device or resource busy" in refused["text"]
    assert "fuser" in refused["text"]

    holder.communicate()
    assert "error" not in run("frames", 640, 480)


def test_a_camera_held_by_this_process_is_busy(run: Run) -> None:
    assert run("twice")["error"] == "CameraBusy"


def test_a_camera_without_frames_times_out_and_opens_again(run: Run) -> None:
    result = run("stall")

    assert result["error"] == "CameraTimeout"
    assert "ribbon cable" in result["text"]
    assert "jobs left: 0" in result["output"]


def test_no_camera_is_missing(run: Run, work: Path) -> None:
    (work / "virtual.yaml").unlink()
    result = run("twice")

    assert result["error"] == "CameraMissing"
    assert "no camera found" in result["text"]


def test_no_memory_for_frames_is_said_as_picamera2_says_it(run: Run) -> None:
    result = run("no_heap")

    assert result["error"] == "CameraMissing"
    assert "Could not open any dmaHeap device" in result["text"]
    assert "group video" in result["text"]


def test_of_a_pi_camera_two_streams_of_full_range_are_asked_and_no_raw_one(run: Run) -> None:
    wanted = run("on_a_pi", 1281, 720)

    assert (wanted["lores"]["size"], wanted["lores"]["format"]) == ([1280, 720], "YUV420")
    assert (wanted["main"]["size"], wanted["main"]["format"]) == ([1280, 720], "YUV420")
    assert wanted["raw"] is None
    assert (wanted["buffer_count"], wanted["queue"]) == (4, False)
    assert wanted["microseconds"] == [50_000, 50_000]
    assert "ColorSpace 'sYCC'" in wanted["text"]


def test_no_picamera2_is_missing(tree: Path, work: Path) -> None:
    imports = "from edge.camera.sources.picamera import Picamera; from edge.config import CameraSettings"
    program = f"{imports}; Picamera(CameraSettings()).open()"
    enter = command(tree, work)[:4]
    done = subprocess.run(
        [*enter, "env", "PYTHONPATH=/mnt", "python3", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "CameraMissing: picamera2: cannot be imported (No module named 'picamera2')" in done.stderr
