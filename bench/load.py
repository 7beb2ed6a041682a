"""A small HTTP/1.1 load client: prepared bytes over keep-alive connections, as fast as one core allows."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one round gave: answers a second, answers, answers that were not 200, and latencies in seconds."""

    rate: float
    answers: int
    errors: int
    latencies: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """Return a latency in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


def prepared(path: str, bodies: Sequence[bytes], port: int) -> list[bytes]:
    """Return whole requests, ready to be written."""
    return [
        (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for body in bodies
    ]


def measure(requests: Sequence[bytes], *, port: int, seconds: float, connections: int) -> Run:
    """Send requests for some seconds over some connections, one after another on each."""
    results: list[tuple[float, bool]] = []
    source = itertools.cycle(requests)
    lock = threading.Lock()
    deadline = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=_worker, args=(source, lock, port, deadline, results))
        for _ in range(connections)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    good = [latency for latency, ok in results if ok]
    return Run(
        rate=len(good) / took, answers=len(good), errors=len(results) - len(good), latencies=tuple(good)
    )


def _worker(
    source: Iterator[bytes],
    lock: threading.Lock,
    port: int,
    deadline: float,
    results: list[tuple[float, bool]],
) -> None:
    connection: socket.socket | None = None
    while time.perf_counter() < deadline:
        with lock:
            request = next(source)
        began = time.perf_counter()
        try:
            if connection is None:
                connection = socket.create_connection(("127.0.0.1", port), timeout=60)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request)
            ok, keep = _answer(connection)
        except OSError:
            ok, keep = False, False
        results.append((time.perf_counter() - began, ok))
        if not keep and connection is not None:
            connection.close()
            connection = None


def _answer(connection: socket.socket) -> tuple[bool, bool]:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("closed")
        data += chunk
    head, _, rest = data.partition(b"\r\n\r\n")
    lower = head.lower()
    length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
    missing = length - len(rest)
    while missing > 0:
        chunk = connection.recv(min(missing, 1 << 20))
        if not chunk:
            raise ConnectionError("closed")
        missing -= len(chunk)
    return head.startswith(b"HTTP/1.1 200"), b"connection: close" not in lower
