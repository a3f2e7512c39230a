"""Files in MaxMind's format, version 2, small enough to be written by hand: networks of IPv4 and what is known of each.

https://maxmind.github.io/MaxMind-DB/
"""

import ipaddress
from pathlib import Path
from typing import Any

MARK = b"\xab\xcd\xefMaxMind.com"
STRING, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11
Node = list[Any]


def write(path: Path, known: dict[str, dict[str, Any]]) -> Path:
    """A database of networks (CIDR) and their records."""
    root: Node = [None, None]
    data, places = b"", {}
    for network, record in known.items():
        places[network] = len(data)
        data += _field(record)
        parsed = ipaddress.IPv4Network(network)
        bits = f"{int(parsed.network_address):032b}"[: parsed.prefixlen]
        node = root
        for bit in bits[:-1]:
            node[int(bit)] = node[int(bit)] or [None, None]
            node = node[int(bit)]
        node[int(bits[-1])] = network
    nodes = _listed(root)
    numbers = {id(node): number for number, node in enumerate(nodes)}

    def pointer(target: Any) -> bytes:
        if target is None:
            return len(nodes).to_bytes(3)
        if isinstance(target, str):
            return (len(nodes) + 16 + places[target]).to_bytes(3)
        return numbers[id(target)].to_bytes(3)

    tree = b"".join(pointer(node[0]) + pointer(node[1]) for node in nodes)
    about = {
        "binary_format_major_version": (UINT16, 2),
        "binary_format_minor_version": (UINT16, 0),
        "build_epoch": (UINT64, 1_700_000_000),
        "database_type": "Test-City",
        "description": {"en": "A test's"},
        "ip_version": (UINT16, 4),
        "languages": ["en"],
        "node_count": (UINT32, len(nodes)),
        "record_size": (UINT16, 24),
    }
    path.write_bytes(tree + bytes(16) + data + MARK + _field(about))
    return path


def _listed(root: Node) -> list[Node]:
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(child for child in node if isinstance(child, list))
    return found


def _field(value: Any) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _control(STRING, len(raw)) + raw
    if isinstance(value, dict):
        return _control(MAP, len(value)) + b"".join(_field(name) + _field(each) for name, each in value.items())
    if isinstance(value, list):
        return _control(ARRAY, len(value)) + b"".join(map(_field, value))
    kind, number = value
    raw = number.to_bytes(8).lstrip(b"\0")
    return _control(kind, len(raw)) + raw


def _control(kind: int, size: int) -> bytes:
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
