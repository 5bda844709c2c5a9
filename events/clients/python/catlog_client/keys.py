"""What a client proves itself by over tcp, and knows the daemon by (PROTOCOL.md, "Keys and roles")."""
from __future__ import annotations

import os
import re
import stat
from typing import Any, Dict, NamedTuple, Optional, Union

import zmq

_KEY_BYTES = 40
_MORE_THAN_ONE = re.compile(r"[,;\x00-\x1f]")  # what ZeroMQ, or our own lists of endpoints, would take for that
_HERE = re.compile(r"ipc:///|tcp://(127\.0\.0\.1|localhost|\[::1\]):[0-9]+\Z")


class Keys(NamedTuple):
    """In Z85. Its repr shows none of them."""

    server: bytes
    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return "Keys(...)"

    def use(self, socket: "zmq.Socket[Any]", endpoint: str) -> None:
        """Before the socket connects to it. A socket's file is guarded by its rights."""
        if not are_wanted_at(endpoint):
            return
        socket.setsockopt(zmq.CURVE_SERVERKEY, self.server)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.secret)


def are_wanted_at(endpoint: str) -> bool:
    return not endpoint.startswith("ipc://") or endpoint.startswith("ipc://@")


def may_follow(at: str, to: str, key: str, keys: Optional[Keys]) -> bool:
    """Whether a client goes on at `to` because an answer says that it writes, and has `key` (empty: not said). No answer makes it
    believe a key that its owner did not give it, nor go on without keys where it has some, nor leave this machine where it has none."""
    if _MORE_THAN_ONE.search(to):
        return False
    if keys is not None and are_wanted_at(to):
        return not key or key.encode() == keys.server
    if keys is not None and are_wanted_at(at):
        return False
    return _HERE.match(to) is not None


def read_keys(key_file: "Optional[Union[str, os.PathLike[str]]]", server_key: Optional[str] = None) -> Optional[Keys]:
    """Those of a file of `catlog bus-keys new`; None without one. `server_key`: the daemon's, in place of the file's."""
    if key_file is None:
        if server_key is not None:
            raise ValueError("a server_key needs a key_file: `catlog bus-keys new NAME --role ROLE` makes one")
        return None
    if os.stat(key_file).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PermissionError(f"the key file {os.fspath(key_file)} may be read or written by others: chmod 600 it")
    said: Dict[str, str] = {}
    with open(key_file, encoding="ascii") as lines:
        for line in lines:
            word, _, value = line.rstrip("\n").partition(" ")
            said[word] = value
    keys = [server_key if server_key is not None else said.get("server-key", ""), said.get("public-key", ""), said.get("secret-key", "")]
    if any(len(key) != _KEY_BYTES for key in keys):
        raise ValueError(f"the key file {os.fspath(key_file)} holds no keys: `catlog bus-keys new NAME --role ROLE` makes one")
    return Keys(*(key.encode("ascii") for key in keys))
