"""The file system that deploy/Containerfile makes a container of: a build takes a registry, what is in it runs here."""

import subprocess

from conftest import PACKAGE
from debian import LIMIT, ROOT
from machine import in_namespace

# A container has /proc and a loopback of its own; everything else in it comes from the image.
RUN = """
set -e
mount -t proc proc "$0/proc"
exec chroot --userspec=999:999 "$0" /usr/bin/whittled --state-directory /var/lib/whittled --log-format json \\
  --ingest-pull-bind 'tcp://127.0.0.1:*' --publish-bind 'tcp://127.0.0.1:*' --query-bind ipc:///run/whittled/query \\
  --http-bind 127.0.0.1:0 --config /etc/whittled/whittled.yaml
"""


def test_it_holds_all_that_the_daemon_needs(tmp_path):
    image, programs = tmp_path / "image", tmp_path / "programs"
    subprocess.run(["dpkg-deb", "--extract", PACKAGE, programs], check=True, timeout=LIMIT)
    subprocess.run([ROOT / "deploy/image", image, programs / "usr/bin"], check=True, timeout=LIMIT)
    for path in ("var/lib/whittled", "run/whittled"):
        (image / path).chmod(0o777)
    (image / "proc").mkdir()
    daemon = subprocess.Popen(
        [*in_namespace(RUN), image], env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, stderr=subprocess.PIPE, text=True)
    try:
        lines = []
        for line in daemon.stderr:
            lines.append(line)
            if '"ready"' in line:
                break
        else:
            raise AssertionError(f"it was never ready: {lines}")
        asked = subprocess.run(
            [programs / "usr/bin/whittle", "stats", "--query", f"ipc://{image}/run/whittled/query", "--json"],
            capture_output=True, text=True, timeout=LIMIT)
        assert asked.returncode == 0 and '"step"' in asked.stdout, asked
    finally:
        daemon.terminate()
        daemon.stderr.read()
        daemon.stderr.close()
        assert daemon.wait(LIMIT) == 0
