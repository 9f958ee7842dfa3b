/** Carries out what the link machine says: the socket, the timers, and an outbox that survives a reload of the tab. */

import { ClientLink } from '../core/link.js'
import { newId } from '../core/ids.js'

const TICK = 1000
const OPENING = 10000
const OLDEST = 1
const NEWEST = 1
// Wishes of a person; the rest is made anew by a page that starts.
const KEPT = new Set([
  'PostMessage', 'RecallMessage', 'AskHuman', 'StepAway', 'ComeBack', 'LeaveMessage', 'BookCallback', 'LeaveQueue',
  'EndConsultation', 'Evaluate', 'DeclineAssist',
])

const now = () => performance.now() / 1000

export class Wire {
  /** `hear` is a table of listeners: deliver(message), answered(request, answer), state(state, error), restarted(). */
  constructor({ token, app, cursors, outbox, keep, hear }) {
    Object.assign(this, { hear, keep })
    const hello = { type: 'Hello', oldest: OLDEST, newest: NEWEST, token, client: newId(), app }
    this.link = new ClientLink({ hello, chance: Math.random, newRequestId: newId, cursors })
    for (const request of outbox) this.link.outbox.set(request.request_id, request)
    this.socket = null
    this.timer = 0
    this.ticker = setInterval(() => this.#run(this.link.tick(now())), TICK)
    this.hurry = () => document.visibilityState === 'visible' && this.#connectNow()
    window.addEventListener('online', this.hurry)
    document.addEventListener('visibilitychange', this.hurry)
  }

  start() {
    this.#run(this.link.start(now()))
  }

  stop() {
    clearInterval(this.ticker)
    clearTimeout(this.timer)
    window.removeEventListener('online', this.hurry)
    document.removeEventListener('visibilitychange', this.hurry)
    this.#run(this.link.stop())
  }

  /** Send a request until it is answered; return its id. */
  submit(message, requestId = newId()) {
    this.#run(this.link.submit({ ...message, request_id: requestId }, now()))
    this.#save()
    return requestId
  }

  say(message) {
    this.#run(this.link.say(message, now()))
  }

  follow(stream) {
    this.#run(this.link.follow(stream, now()))
  }

  /** Do not wait for the back-off: the person asked, or the network came back. */
  retry() {
    this.#connectNow()
  }

  #run(actions) {
    for (const action of actions) this[`_${action.do}`](action)
  }

  _connect({ at }) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.#open(), Math.max(0, (at - now()) * 1000))
  }

  _send({ message }) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  _close() {
    this.#drop()
    this.#run(this.link.closed(now()))
  }

  _deliver({ message }) {
    this.hear.deliver(message)
  }

  _answered({ request, answer }) {
    this.#save()
    this.hear.answered(request, answer)
  }

  _restarted() {
    this.hear.restarted()
  }

  _state({ state, error }) {
    this.hear.state(state, error)
  }

  #save() {
    this.keep([...this.link.outbox.values()].filter((request) => KEPT.has(request.type)))
  }

  #connectNow() {
    if (this.link.state !== 'connecting' || this.socket) return
    clearTimeout(this.timer)
    this.#open()
  }

  #open() {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(`${scheme}//${location.host}/ws/taxpayer`)
    this.socket = socket
    socket.onopen = () => this.#ifCurrent(socket, () => this.#run(this.link.opened(now())))
    socket.onmessage = (event) => this.#ifCurrent(socket, () => this.#receive(event.data))
    socket.onclose = () => this.#ifCurrent(socket, () => this._close())
    // A network that swallows packets lets a socket open for minutes; that is too long to wait.
    setTimeout(() => socket.readyState === WebSocket.CONNECTING && this.#ifCurrent(socket, () => this._close()), OPENING)
  }

  #ifCurrent(socket, act) {
    if (socket === this.socket) act()
  }

  #receive(data) {
    this.#run(this.link.received(JSON.parse(data), now()))
  }

  #drop() {
    const socket = this.socket
    this.socket = null
    socket?.close()
  }
}
