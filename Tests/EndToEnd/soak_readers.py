"""A soak's other clients: those who ask, subscribe, browse, stall and leave.

Each runs in a process of its own until it is told to stop.
"""

import http.client
import json
import random
import socket as network
import time
from collections import Counter

import zmq

from daemon import LIMIT, connected
from soak_senders import Pace, Place

PATHS = [
    "/", "/metrics", "/healthz", "/readyz", "/api/stats", "/api/coefficients?top=20", "/api/history", "/api/path", "/api/events",
    "/api/checkpoints", "/api/configuration", "/nowhere"]
QUESTIONS = [
    {"op": "stats"}, {"op": "configuration"}, {"op": "coefficients", "top": 10}, {"op": "coefficients", "like": "passing 1*"},
    {"op": "predict", "x": {"f1": 1, "unknown": 2}}, {"op": "predict", "x": [[0.5] * 16] * 20},
    {"op": "explain", "x": {"f1": 1, "f2": -1}}, {"op": "coefficients"}]


def asking(place: Place) -> dict:
    """Asks over REQ, in between for checkpoints; of ten connections one leaves before its answer."""
    context, chance, counts = zmq.Context(), random.Random(place.seed), Counter()
    pace = Pace(place).turns()
    while not place.stop.is_set():
        socket = connected(context, zmq.REQ, place.endpoints["query.bind"])
        for _, _ in zip(pace, range(chance.randint(1, 50)), strict=False):
            question = {"op": "checkpoint"} if chance.random() < 0.02 else chance.choice(QUESTIONS)
            socket.send_json(question)
            answer = socket.recv_json()
            assert answer["ok"], (question, answer)
            counts[question["op"]] += 1
        if chance.random() < 0.1:
            socket.send_json(chance.choice(QUESTIONS))
            counts["answers not waited for"] += 1
        socket.close(linger=0)
        counts["connections"] += 1
    context.destroy(linger=0)
    return {"asked": dict(counts)}


def subscribing(place: Place) -> dict:
    """Up to twenty subscribers at a time; a third of them never reads. Those who do get publications in order."""
    context, chance, counts = zmq.Context(), random.Random(place.seed), Counter()
    subscribers: dict[zmq.Socket, dict | None] = {}
    for _ in Pace(place).turns():
        if len(subscribers) == 20 or subscribers and chance.random() < 0.3:
            leaving = chance.choice(list(subscribers))
            del subscribers[leaving]
            leaving.close(linger=0)
        else:
            socket = connected(context, zmq.SUB, place.endpoints["publish.bind"])
            socket.subscribe(chance.choice(["", "stats", "coefficients", "event", "nothing"]))
            subscribers[socket] = None if chance.random() < 0.3 else {}
            counts["connections"] += 1
        for socket, sequences in subscribers.items():
            while sequences is not None and socket.poll(0):
                topic, payload = socket.recv_multipart()
                publication = json.loads(payload)
                # The last value may come twice to whom it came late.
                assert publication["sequence"] >= sequences.get(topic, 0), (topic, publication["sequence"], sequences)
                sequences[topic] = publication["sequence"]
                counts[topic.decode()] += 1
    context.destroy(linger=0)
    return {"subscribed": dict(counts)}


def browsing(place: Place) -> dict:
    """Asks over HTTP, a connection or several questions; listens for a while; begins a request and never ends it."""
    host, port = place.endpoints["http.bind"].rsplit(":", 1)
    chance, counts = random.Random(place.seed), Counter()
    stalled: list[network.socket] = []
    for _ in Pace(place).turns():
        match chance.random():
            case part if part < 0.1:
                listen(host, int(port), chance.randint(1, 5), counts)
            case part if part < 0.2:
                connection = network.create_connection((host, int(port)), LIMIT)
                connection.sendall(
                    chance.choice([b"", b"GET /metrics HTT", b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n"]))
                stalled.append(connection)
                counts["stalled"] += 1
            case _:
                read(host, int(port), chance.choices(PATHS, k=chance.randint(1, 4)), counts)
        while len(stalled) > 10:
            stalled.pop(0).close()
    for connection in stalled:
        connection.close()
    return {"browsed": dict(counts)}


def read(host: str, port: int, paths: list[str], counts: Counter) -> None:
    connection = http.client.HTTPConnection(host, port, timeout=LIMIT)
    for path in paths:
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
        assert reply.status == (404 if path == "/nowhere" else 200), (path, reply.status, body)
        counts["read"] += 1
    connection.close()


def listen(host: str, port: int, messages: int, counts: Counter) -> None:
    connection = http.client.HTTPConnection(host, port, timeout=LIMIT)
    connection.request("GET", "/api/live")
    reply = connection.getresponse()
    assert reply.status == 200, reply.status
    end = time.monotonic() + LIMIT
    while messages:
        assert time.monotonic() < end, "nothing is told"
        messages -= reply.readline().startswith(b"data: ")
        counts["told"] += 1
    connection.close()
