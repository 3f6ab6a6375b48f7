// Stands in for zeromq.js where that is not installed: as much of its interface as the documentation's programs use, over TCP, so
// that they run. It speaks ZMTP 3.0 (rfc.zeromq.org/spec/23) without security.

import net from "node:net"

const MORE = 1, LONG = 2, COMMAND = 4

function frame(flags, body) {
  if (body.length < 256) return Buffer.concat([Buffer.from([flags, body.length]), body])
  const head = Buffer.alloc(9)
  head[0] = flags | LONG
  head.writeBigUInt64BE(BigInt(body.length), 1)
  return Buffer.concat([head, body])
}

function property(name, value) {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(value.length)
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), size, Buffer.from(value)])
}

function greeting() {
  const bytes = Buffer.alloc(64)
  bytes[0] = 0xff
  bytes[9] = 0x7f
  bytes[10] = 3
  bytes.write("NULL", 12)
  return bytes
}

class Socket {
  #type
  #connection
  #ready
  #received = Buffer.alloc(0)
  #parts = []
  #messages = []
  #waiting = []

  constructor(type) { this.#type = type }

  connect(endpoint) {
    const { hostname, port } = new URL(endpoint.replace("tcp:", "http:"))
    this.#connection = net.connect(Number(port), hostname)
    this.#connection.on("data", bytes => this.#take(bytes))
    this.#connection.on("error", error => { throw error })
    this.#ready = new Promise(resolve => { this.becomesReady = resolve })
    this.#connection.write(greeting())
    const ready = [property("Socket-Type", this.#type), property("Identity", "")]
    this.#connection.write(frame(COMMAND, Buffer.concat([Buffer.from("\x05READY"), ...ready])))
    this.#connection.unref()
  }

  // A program ends when it waits for nothing: what is open does not keep it.
  async whileWaiting(work) {
    this.#connection.ref()
    try {
      await this.#ready
      return await work()
    } finally {
      this.#connection.unref()
    }
  }

  write(parts) {
    const frames = parts.map((part, place) => frame(place + 1 < parts.length ? MORE : 0, Buffer.from(part)))
    return new Promise((resolve, reject) => {
      this.#connection.write(Buffer.concat(frames), error => error ? reject(error) : resolve())
    })
  }

  next() {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift())
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #take(bytes) {
    this.#received = Buffer.concat([this.#received, bytes])
    if (!this.greeted) {
      if (this.#received.length < 64) return
      this.greeted = true
      this.#received = this.#received.subarray(64)
    }
    for (;;) {
      const flags = this.#received[0]
      const head = flags & LONG ? 9 : 2
      if (this.#received.length < head) return
      const size = flags & LONG ? Number(this.#received.readBigUInt64BE(1)) : this.#received[1]
      if (this.#received.length < head + size) return
      const body = this.#received.subarray(head, head + size)
      this.#received = this.#received.subarray(head + size)
      if (flags & COMMAND) this.becomesReady()
      else this.#takePart(body, flags & MORE)
    }
  }

  #takePart(body, more) {
    this.#parts.push(body)
    if (more) return
    const message = this.#parts
    this.#parts = []
    if (this.#waiting.length > 0) this.#waiting.shift()(message)
    else this.#messages.push(message)
  }
}

function parts(message) { return Array.isArray(message) ? message : [message] }

export class Push extends Socket {
  constructor() { super("PUSH") }
  send(message) { return this.whileWaiting(() => this.write(parts(message))) }
}

export class Request extends Socket {
  constructor() { super("REQ") }
  send(message) { return this.whileWaiting(() => this.write(["", ...parts(message)])) }
  async receive() { return (await this.whileWaiting(() => this.next())).slice(1) }
}

export class Subscriber extends Socket {
  #topics = []

  constructor() { super("SUB") }
  subscribe(...topics) { this.#topics.push(...topics) }

  async *[Symbol.asyncIterator]() {
    await this.whileWaiting(async () => {
      for (const topic of this.#topics) await this.write([`\x01${topic}`])
    })
    for (;;) yield await this.whileWaiting(() => this.next())
  }
}
