"""A soak's senders: numbered messages of every format at PULL, ROUTER and SUB, over connections that come and go.

Each runs in a process of its own until it is told to stop, and returns what must have become of what it sent.
"""

import itertools
import json
import random
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Event

import numpy
import zmq

import arrays
from daemon import LIMIT, await_subscription, connected, limited
from streams import random_samples

# Seconds that a connection lives.
SHORTEST, LONGEST = 0.5, 4
# Names of sources that one sender uses in turn, a connection each. What a connection that was closed had still in the network
# may be read after the first messages of the next one; it may not come from the same source, or it would be late.
SOURCES = 8
ROWS, COLUMNS = 64, 16
# Features that come up by and by, and are forgotten again.
PASSING = 50_000


@dataclass(frozen=True)
class Place:
    """What a client of the soak is given."""

    endpoints: dict[str, str]
    stop: Event
    seed: int
    # Messages a second at most; 0: as many as are taken.
    rate: float


class Pace:
    """Keeps a loop from turning more often than it may."""

    def __init__(self, place: Place):
        self.stop = place.stop
        self.interval = 1 / place.rate if place.rate else 0
        self.due = time.monotonic()

    def turns(self) -> Iterator[None]:
        while not self.stop.is_set():
            yield
            if self.interval:
                # What was missed is made up for a little, not more.
                self.due = max(self.due + self.interval, time.monotonic() - 0.1)
                if (delay := self.due - time.monotonic()) > 0:
                    self.stop.wait(delay)


def envelope(source: str, number: int) -> bytes:
    return b'{"source":"%s","seq":%d}' % (source.encode(), number)


class Messages:
    """Endless messages of one kind; each has the same number of samples. What they hold repeats itself."""

    def __init__(self, seed: int):
        generator = numpy.random.default_rng(seed)
        weights = numpy.arange(COLUMNS) % 5 - 2
        self.blocks = []
        for _ in range(16):
            x = generator.normal(size=(ROWS, COLUMNS)).astype("<f4")
            y = (x @ weights + generator.normal(size=ROWS)).astype("<f4")
            self.blocks.append(arrays.dense(x, y=y))
        samples = random_samples(320, features=100, seed=seed, density=0.1)
        self.lines = ["\n".join(map(json.dumps, samples[i : i + 16])).encode() for i in range(0, 320, 16)]
        self.texts = ["\n".join(map(vw_line, samples[i : i + 16])).encode() for i in range(0, 320, 16)]

    def dense(self, source: str, number: int) -> tuple[list[bytes], int]:
        header, *buffers = self.blocks[number % len(self.blocks)]
        return [envelope(source, number)[:-1] + b"," + header[1:], *buffers], ROWS

    def json(self, source: str, number: int) -> tuple[list[bytes], int]:
        return [envelope(source, number), self.lines[number % len(self.lines)]], 16

    def text(self, source: str, number: int) -> tuple[list[bytes], int]:
        return [envelope(source, number), self.texts[number % len(self.texts)]], 16

    def mixed(self, source: str, number: int) -> tuple[list[bytes], int]:
        """Of three messages one has rows, one JSON, and one text."""
        return [self.dense, self.json, self.text][number % 3](source, number)


def vw_line(sample: dict) -> str:
    return f"{sample['y']} |a " + " ".join(f"{name}:{value}" for name, value in sample["x"].items())


def answered(place: Place) -> dict:
    """Sends over DEALER, many on their way; cuts the connection in the middle, and sends again what was not answered."""
    context, chance, messages = zmq.Context(), random.Random(place.seed), Messages(place.seed)
    source, window = f"answered-{place.seed}", 64
    socket, until = None, 0.0
    learned, following, waiting = 0, 1, deque()
    counts = Counter()
    for _ in Pace(place).turns():
        if time.monotonic() > until:
            if socket:
                socket.close(linger=0)
            socket, until = connected(context, zmq.DEALER, place.endpoints["ingest.router.bind"]), later(chance)
            following, waiting = learned + 1, deque()
            counts["connections"] += 1
        if len(waiting) < window:
            frames, _ = messages.mixed(source, following)
            socket.send_multipart([b"%d" % following, b"", *frames])
            waiting.append(following)
            following += 1
        learned += taken(socket, waiting, counts, 0)
        if len(waiting) == window:
            learned += taken(socket, waiting, counts, 100)
    end = time.monotonic() + LIMIT
    while waiting:
        assert time.monotonic() < end, f"{len(waiting)} messages were not answered"
        learned += taken(socket, waiting, counts, 1000)
    context.destroy(linger=0)
    samples = sum(messages.mixed(source, number)[1] for number in range(1, learned + 1))
    return {"last": {source: learned}, "whole": samples} | counts


def taken(socket: zmq.Socket, waiting: deque, counts: Counter, milliseconds: int) -> int:
    """Takes the answers that are there, or come within that time. Returns how many there were."""
    count = 0
    while waiting and socket.poll(0 if count else milliseconds):
        number, delimiter, text = socket.recv_multipart()
        answer = json.loads(text)
        assert (number, delimiter) == (b"%d" % waiting.popleft(), b""), number
        assert answer["ok"], answer
        counts["sent again"] += "duplicates" in answer
        count += 1
    return count


def pushed(place: Place) -> dict:
    """Sends over PUSH. A connection ends when the network has taken all of it."""
    messages = Messages(place.seed)

    def open_socket(context: zmq.Context) -> zmq.Socket:
        socket = limited(context, zmq.PUSH)
        # Little waits at this end, so that a connection soon ends.
        socket.sndhwm = 20
        socket.connect(place.endpoints["ingest.pull.bind"])
        return socket

    return over_connections(place, open_socket, messages.mixed, f"pushed-{place.seed}")


def published(place: Place) -> dict:
    """Sends over PUB, told not to drop. Samples of passing features, and of targets that come later or too late."""

    def open_socket(context: zmq.Context) -> zmq.Socket:
        socket = limited(context, zmq.XPUB)
        socket.xpub_nodrop, socket.sndhwm = True, 200
        socket.connect(place.endpoints["ingest.sub.bind"])
        await_subscription(socket, b"")
        return socket

    def message(source: str, number: int) -> tuple[list[bytes], int]:
        sample = {"source": source, "seq": number}
        x = {f"passing {(number * 7 + place.seed) % PASSING}": 1, f"f{number % 90}": number % 7 / 7}
        match number % 3:
            case 0:
                sample |= {"x": x, "id": f"{source} {number}"}
            case 1:
                sample |= {"x": x, "y": number % 4}
            case 2:
                sample |= {"y": number % 4, "id": f"{source} {number - (2 if number % 2 else 50_000 // 3 * 3 - 1)}"}
        return [json.dumps(sample).encode()], number % 3 == 1

    return over_connections(place, open_socket, message, f"published-{place.seed}")


def over_connections(place: Place, open_socket, message, name: str) -> dict:
    """Sends over one connection after the other; each has a context, since the end of that is what waits for the last
    message."""
    chance, pace = random.Random(place.seed), Pace(place).turns()
    last, whole = dict.fromkeys((f"{name}-{i}" for i in range(SOURCES)), 0), 0
    counts = Counter()
    for source in itertools.cycle(last):
        if place.stop.is_set():
            return {"last": last, "whole": whole} | counts
        context = zmq.Context()
        socket = open_socket(context)
        until = later(chance)
        for _ in pace:
            last[source] += 1
            frames, samples = message(source, last[source])
            socket.send_multipart(frames)
            whole += samples
            if time.monotonic() > until:
                break
        counts["connections"] += 1
        socket.close(linger=int(LIMIT * 1000))
        context.term()
    raise AssertionError("a cycle never ends")


def later(chance: random.Random) -> float:
    return time.monotonic() + chance.uniform(SHORTEST, LONGEST)


BROKEN = [
    [b"{"], [b'{"y": 1, "x": {"a": "\xff"}}'], [b'{"y": NaN, "x": {"a": 1}}'], [b"1 |a b:nan"], [b""],
    [b'{"x": {"dtype": "<f4", "shape": [1000, 1000]}}', b"short"], [b'{"dtype": "<f4"', b"", b"", b"", b"", b"", b"", b""],
    [b'{"y": 1, "x": ' + b"[" * 100 + b"]" * 100 + b"}"], [bytes(range(256))],
]


def broken(place: Place) -> dict:
    """Sends what no daemon can learn."""
    context, count = zmq.Context(), 0
    socket = connected(context, zmq.PUSH, place.endpoints["ingest.pull.bind"])
    for _ in Pace(place).turns():
        socket.send_multipart(BROKEN[count % len(BROKEN)])
        count += 1
    socket.close(linger=int(LIMIT * 1000))
    context.term()
    return {"broken": count}
