"""Keys of a daemon and its clients, in files as people keep them, and sockets that show them."""

import dataclasses
from pathlib import Path

import zmq

from daemon import Daemon, limited


@dataclasses.dataclass
class Key:
    """One side's keys, in Z85."""

    public: bytes
    secret: bytes

    @classmethod
    def new(cls) -> "Key":
        return cls(*zmq.curve_keypair())

    def line(self, name: str) -> str:
        return f"{self.public.decode()} {name}\n"


class KeyRing:
    """The directory of a daemon's keys: its own, and a list for each role."""

    ROLES = ("ingest", "query", "publish", "admin")

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir()
        self.server = Key.new()
        self.secret_file = directory / "server.key"
        self.secret_file.write_text(self.server.secret.decode() + "\n")
        self.secret_file.chmod(0o600)
        (directory / "server.key.pub").write_text(self.server.line("server"))
        self.clients = {role: Key.new() for role in self.ROLES}
        for role in self.ROLES:
            self.list(role, {role: self.clients[role]})

    def list(self, role: str, keys: dict[str, Key]) -> None:
        """Writes the list of a role."""
        file = self.directory / f"{role}.pub"
        file.write_text("# who may\n\n" + "".join(key.line(name) for name, key in keys.items()))
        file.chmod(0o644)

    @property
    def settings(self) -> dict:
        return {"security.server_key": self.secret_file} | {
            f"security.{role}_keys": self.directory / f"{role}.pub" for role in self.ROLES}

    def show(self, socket: zmq.Socket, key: Key, server: bytes | None = None) -> zmq.Socket:
        """Has the socket show a key from its next endpoint on, to whoever proves to be the daemon."""
        socket.curve_publickey, socket.curve_secretkey = key.public, key.secret
        socket.curve_serverkey = server or self.server.public
        return socket

    def connected(self, context: zmq.Context, kind: int, endpoint: str, key: Key) -> zmq.Socket:
        socket = self.show(limited(context, kind), key)
        socket.connect(endpoint)
        return socket

    def admit(self, daemon: Daemon, role: str = "admin") -> Daemon:
        """Has the daemon's own questions shown with a key, and what it pushes with that for ingest."""
        daemon._question = self.connected(
            daemon.context, zmq.REQ, daemon.endpoint("query.bind"), self.clients[role])
        endpoint = daemon.endpoint("ingest.pull.bind")
        daemon._pushers[endpoint] = self.connected(daemon.context, zmq.PUSH, endpoint, self.clients["ingest"])
        return daemon


def refused(stats: dict, door: str, reason: str) -> int:
    """How often somebody was refused at a socket for a reason."""
    return stats["connections"][door]["refused"].get(reason, 0)
