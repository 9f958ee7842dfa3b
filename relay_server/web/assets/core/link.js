/**
 * The page's end of a link as a pure machine, the twin of relay_protocol/link.py: hello, resume, contiguity, outbox,
 * heartbeat, back off. It opens no socket and reads no clock: it is told what happened with `now` (seconds of any steady
 * clock) and returns actions `{do: 'connect'|'send'|'close'|'deliver'|'answered'|'restarted'|'state', …}`.
 */

import { streamOf } from './ids.js'

export const GREETING_SECONDS = 10
export const SILENCE_FACTOR = 2.5
export const FIRST_DELAY = 0.3
export const LONGEST_DELAY = 8
const DEFAULT_HEARTBEAT = 15
const FINAL_REFUSALS = new Set(['version', 'unauthenticated', 'forbidden', 'gone'])
const ANSWERS = new Set(['Done', 'ErrorReply', 'History'])

export class ClientLink {
  /** `chance` returns a number in [0, 1) for the jitter; `cursors` are streams to read from, with the last seq known. */
  constructor({ hello, chance, newRequestId, cursors = {} }) {
    Object.assign(this, { hello, chance, newRequestId, cursors: { ...cursors } })
    this.state = 'offline'
    this.epoch = ''
    this.heartbeat = DEFAULT_HEARTBEAT
    this.outbox = new Map()
    this.resumeId = null
    this.failures = 0
    this.heardAt = 0
    this.spokeAt = 0
  }

  /** Begin; the caller carries out the connect. */
  start(now) {
    return [...this.#move('connecting'), { do: 'connect', at: now }]
  }

  /** The socket is open: say hello. */
  opened(now) {
    this.heardAt = now
    return [...this.#move('greeting'), ...this.#say(this.hello, now)]
  }

  /** The socket is gone, or never opened: come back after a jittered, growing delay (unless refused for good). */
  closed(now) {
    this.resumeId = null
    if (this.state === 'refused' || this.state === 'offline') return []
    const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(this.failures, 10))
    this.failures += 1
    return [...this.#move('connecting'), { do: 'connect', at: now + ceiling * (0.5 + this.chance() / 2) }]
  }

  /** Leave for good. */
  stop() {
    return [...this.#move('offline'), { do: 'close' }]
  }

  /** Keep a request until it is answered; send it now if the link is live. */
  submit(request, now) {
    this.outbox.set(request.request_id, request)
    return this.state === 'live' ? this.#say(request, now) : []
  }

  /** Send something that is worth nothing later (typing, receipts). */
  say(message, now) {
    return this.state === 'live' ? this.#say(message, now) : []
  }

  /** Follow a stream from its beginning. */
  follow(stream, now) {
    if (stream in this.cursors) return []
    this.cursors[stream] = 0
    return this.state === 'live' ? this.#resume(now) : []
  }

  /** Take one message of the relay. */
  received(message, now) {
    this.heardAt = now
    if (message.type === 'Welcome') return this.#welcomed(message, now)
    if (message.type === 'EventFrame') return this.#event(message, now)
    if (message.type === 'Pulse') return [...this.#pulse(message, now), { do: 'deliver', message }]
    if (message.type === 'ErrorReply' && !message.request_id) return this.#refused(message)
    if (ANSWERS.has(message.type)) return this.#answered(message, now)
    if (message.type === 'StreamClosed') delete this.cursors[streamOf(message.consultation)]
    return [{ do: 'deliver', message }]
  }

  /** Time passed: notice a silent peer, give a sign of life. */
  tick(now) {
    if (['offline', 'connecting', 'refused'].includes(this.state)) return []
    const patience = this.state === 'greeting' ? GREETING_SECONDS : this.heartbeat * SILENCE_FACTOR
    if (now >= this.heardAt + patience) return [{ do: 'close' }]
    if (this.state === 'live' && now - this.spokeAt >= this.heartbeat) return this.#say({ type: 'Heartbeat' }, now)
    return []
  }

  #move(state, error = null) {
    if (state === this.state && !error) return []
    this.state = state
    return [{ do: 'state', state, error }]
  }

  #say(message, now) {
    this.spokeAt = now
    return [{ do: 'send', message }]
  }

  #welcomed(welcome, now) {
    if (this.state !== 'greeting') return []
    this.heartbeat = welcome.heartbeat
    const actions = [{ do: 'deliver', message: welcome }]
    if (this.epoch && this.epoch !== welcome.epoch) {
      this.cursors = {}
      actions.push({ do: 'restarted' })
    }
    this.epoch = welcome.epoch
    return [...actions, ...this.#move('resuming'), ...this.#resume(now)]
  }

  /** Ask for what is missing, once; a second reason while one is under way adds nothing. */
  #resume(now) {
    if (this.resumeId !== null) return []
    this.resumeId = this.newRequestId()
    const request = { type: 'Resume', request_id: this.resumeId, epoch: this.epoch, cursors: { ...this.cursors } }
    return this.#say(request, now)
  }

  #goLive(now) {
    this.failures = 0
    const moved = this.#move('live')
    return moved.concat([...this.outbox.values()].flatMap((request) => this.#say(request, now)))
  }

  #event(frame, now) {
    const cursor = this.cursors[frame.stream] ?? 0
    if (frame.seq <= cursor) return []
    if (frame.seq > cursor + 1) return this.#resume(now)
    this.cursors[frame.stream] = frame.seq
    return [{ do: 'deliver', message: frame }]
  }

  #pulse(pulse, now) {
    const behind = Object.entries(pulse.heads).filter(([stream, head]) => head > (this.cursors[stream] ?? 0))
    if (!behind.length || this.state !== 'live') return []
    for (const [stream] of behind) this.cursors[stream] ??= 0
    return this.#resume(now)
  }

  #refused(reply) {
    if (!FINAL_REFUSALS.has(reply.code)) return [{ do: 'close' }]
    return [...this.#move('refused', { code: reply.code, message: reply.message }), { do: 'close' }]
  }

  #answered(answer, now) {
    if (answer.request_id === this.resumeId) return this.#resumed(answer, now)
    const request = this.outbox.get(answer.request_id)
    if (!request) return []
    this.outbox.delete(answer.request_id)
    return [{ do: 'answered', request, answer }]
  }

  #resumed(answer, now) {
    this.resumeId = null
    if (answer.type === 'ErrorReply') return this.#resumeRefused(answer)
    return this.state === 'resuming' ? this.#goLive(now) : []
  }

  /** What we followed is not there any more (a relay set up anew): begin again from nothing rather than ask forever. */
  #resumeRefused(answer) {
    if (answer.code !== 'not_found') return [{ do: 'close' }]
    this.cursors = {}
    return [{ do: 'restarted' }, { do: 'close' }]
  }
}
