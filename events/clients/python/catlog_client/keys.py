"""What a client proves itself by over tcp, and knows the daemon by (PROTOCOL.md, "Keys and roles")."""
from __future__ import annotations

import os
import stat
from typing import Any, Dict, NamedTuple, Optional, Union

import zmq

_KEY_BYTES = 40


class Keys(NamedTuple):
    """In Z85. Its repr shows none of them."""

    server: bytes
    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return "Keys(...)"

    def use(self, socket: "zmq.Socket[Any]") -> None:
        """Before the socket connects."""
        socket.setsockopt(zmq.CURVE_SERVERKEY, self.server)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.secret)


def read_keys(key_file: "Optional[Union[str, os.PathLike[str]]]", server_key: Optional[str] = None) -> Optional[Keys]:
    """Those of a file of `catlog bus-keys new`; None without one. `server_key`: the daemon's, in place of the file's."""
    if key_file is None:
        if server_key is not None:
            raise ValueError("a server_key needs a key_file: `catlog bus-keys new` makes one")
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
        raise ValueError(f"the key file {os.fspath(key_file)} holds no keys: `catlog bus-keys new` makes one")
    return Keys(*(key.encode("ascii") for key in keys))
