#!/bin/bash
# in_camera_tree.sh TREE CHECKOUT WORK command...: run a command in the tree, with the checkout (read-only) at /mnt and
# the folder WORK where libcamera's virtual camera looks for its configuration. The mounts, and a /dev without any of
# this machine's cameras, are visible to this command only and vanish with it. Needs root.
set -euo pipefail
if [ "${IN_CAMERA_TREE:-}" != yes ]; then
  IN_CAMERA_TREE=yes exec unshare --mount --propagation private "$0" "$@"
fi
tree=$1 checkout=$2 work=$3
shift 3
mount --bind "$checkout" "$tree/mnt"
mount -o remount,bind,ro "$tree/mnt"
mount --bind "$work" "$tree/usr/share/libcamera/pipeline/virtual"
mount -t proc proc "$tree/proc"
mount -t tmpfs tmpfs "$tree/dev"
for node in null zero random urandom; do
  touch "$tree/dev/$node"
  mount --bind "/dev/$node" "$tree/dev/$node"
done
mkdir "$tree/dev/dma_heap"
touch "$tree/dev/dma_heap/linux,cma"
exec env -i PATH=/usr/sbin:/usr/bin:/bin chroot "$tree" env LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
  PYTHONPATH=/mnt:/opt/picamera2 LIBCAMERA_LOG_LEVELS='*:WARN' \
  LD_PRELOAD=/usr/share/libcamera/pipeline/virtual/fake_dma_heap.so "$@"
