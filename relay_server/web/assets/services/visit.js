/** One visit of the page: joins session, link and state, and turns what the person wants into requests. */

import { closeSession } from '../adapters/http.js'
import { Wire } from '../adapters/wire.js'
import { streamOf } from '../core/ids.js'
import { apply, currentOf, initialState, isOpen, isServed, show } from '../core/state.js'
import { Files } from './files.js'
import { Outgoing } from './outgoing.js'
import { SessionKeeper } from './session.js'
import { Store } from './store.js'

const CONTEXT_FRESH = 100000
const PROBLEM_SHOWN = 8000
const END_PATIENCE = 2000
const WORDS = new Set(['LeaveMessage', 'BookCallback'])

/**
 * `link`: idle | away | live; `screen`: a full-page message or null; `asking` and `evaluating`: requests under way;
 * `form`: `{kind, sending, problem}` while a person leaves word instead of waiting; `quoting`: the message that is answered.
 */
const initialView = () => ({
  state: initialState(), link: 'idle', screen: null, message: '', problem: '', asking: false, evaluating: false, skipped: false, form: null, quoting: null,
  recording: null,
})

export class Visit {
  /** `host` tells the embedding page things (deaf unless `embedded`); `memory` is this browser's. */
  constructor({ app, memory, host, embedded }) {
    Object.assign(this, { app, memory, host, embedded })
    this.store = new Store(initialView())
    this.files = new Files(() => this.token())
    this.outgoing = new Outgoing(this)
    this.session = new SessionKeeper({
      app, memory,
      askIdentity: () => host.tell('need-token', { kind: 'identity' }),
      show: (screen, message = '') => this.store.set({ screen, message }),
    })
    this.wire = null
    this.offset = 0
    this.intent = ''
    this.context = null
    this.opening = this.begun = this.wanted = this.returning = false
    this.onLive = () => {}
    this.onLeft = () => {}
  }

  token() {
    return this.session.stored?.token ?? ''
  }

  consultationId() {
    return this.store.value.state.current
  }

  /** The relay's clock, in Unix seconds. */
  clock() {
    return Date.now() / 1000 + this.offset
  }

  submit(message) {
    return this.wire?.submit(message)
  }

  /** A person wants to talk: the panel was opened, or this is the full page. */
  want() {
    this.wanted = true
    if (this.store.value.link === 'live') this.#openIfNone()
    else if (!this.store.value.screen) this.begin()
  }

  /** Begin, or go on where this browser left off. Does nothing when it has begun. */
  async begin(options) {
    if (this.wire || this.begun) return
    this.begun = true
    this.store.set({ screen: 'starting', message: '' })
    const stranger = this.embedded && !(await this.session.belongsHere())
    if (!this.begun) return // the person left meanwhile
    const session = await this.session.open(stranger ? { fresh: true } : options)
    this.begun = false
    if (session && !this.wire) this.#connect(session)
  }

  /** The site said who it is. A running link ends first: the next person must never see the last one's words. */
  async identify(token) {
    this.session.identify(token)
    if (this.wire) this.#disconnect()
    if (this.wanted || this.memory.read('browser', 'consultation')) await this.begin()
  }

  /** The site said where the person is. Only the newest matters. */
  place(token) {
    this.context = { token, at: performance.now() }
    this.#sendContext()
  }

  /** Ask for a person; `office` is the code chosen after the page was asked which office is competent. */
  askHuman(office = '') {
    const consultation = currentOf(this.store.value.state)
    if (!consultation) {
      this.intent = 'human'
    } else if (isOpen(consultation) && !consultation.handedOver && !this.store.value.asking) {
      this.store.set({ asking: true, form: null })
      this.request('AskHuman', office ? { office } : {})
    }
  }

  /** Whoever was away is there again. */
  comeBack() {
    const ticket = currentOf(this.store.value.state)?.ticket
    if (ticket?.awayReason !== 'asked' || this.returning) return
    this.returning = true
    this.request('ComeBack')
  }

  openForm(kind) {
    this.store.set({ form: { kind, sending: false, problem: '' } })
  }

  /** Leave a message or book a call back; `kind` is `message` or `callback`. */
  leaveWord(kind, { text, phone, at }) {
    this.store.set({ form: { kind, sending: true, problem: '' } })
    if (kind === 'message') this.request('LeaveMessage', { text, phone })
    else this.request('BookCallback', { text, phone, at })
  }

  /** Requests about the consultation on the screen, by name of the wish. */
  request(type, fields = {}) {
    this.submit({ type, consultation: this.consultationId(), ...fields })
  }

  evaluate(fields) {
    this.store.set({ evaluating: true })
    this.request('Evaluate', fields)
  }

  startAgain() {
    this.store.set({ skipped: false })
    this.#open()
  }

  typing() {
    const consultation = currentOf(this.store.value.state)
    if (isServed(consultation)) this.wire?.say({ type: 'Typing', consultation: consultation.id })
  }

  /** End it and forget the person on this computer. */
  async endAndForget() {
    if (isOpen(currentOf(this.store.value.state))) {
      const ended = new Promise((resolve) => { this.onEnded = resolve })
      this.request('EndConsultation')
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, END_PATIENCE))])
    }
    this.leave('forgotten')
  }

  /** Forget the person and stop. */
  leave(screen = null) {
    this.session.cancel()
    this.#disconnect()
    if (this.token()) closeSession(this.token())
    this.memory.forgetPerson()
    this.begun = this.wanted = false
    this.context = null
    this.store.set({ ...initialView(), screen })
    this.onLeft()
  }

  /** Begin anew as somebody who has not been here before. */
  restart() {
    this.#disconnect()
    this.wanted = true
    this.begin({ fresh: true })
  }

  #connect({ token }) {
    const known = this.memory.read('browser', 'consultation')
    const outbox = this.memory.read('tab', 'outbox') ?? []
    this.wire = new Wire({
      token, app: this.app, outbox,
      cursors: known ? { [streamOf(known)]: 0 } : {},
      keep: (requests) => this.memory.write('tab', 'outbox', requests),
      hear: {
        deliver: (message) => this.#deliver(message),
        answered: (request, answer) => this.#answered(request, answer),
        state: (state, error) => this.#moved(state, error),
        restarted: () => this.#restarted(),
      },
    })
    if (known) this.store.set(({ state }) => ({ state: show(state, known) }))
    this.outgoing.restore(outbox)
    this.wire.start()
  }

  #disconnect() {
    this.wire?.stop()
    this.wire = null
    this.opening = false
    this.files.clear()
    this.store.set({ ...initialView(), screen: this.store.value.screen })
  }

  #deliver(message) {
    if (message.now) this.offset = message.now - Date.now() / 1000
    const before = this.consultationId()
    this.store.set(({ state }) => ({ state: apply(state, message, this.clock()) }))
    if (this.consultationId() !== before) this.#remember()
  }

  #remember() {
    this.memory.write('browser', 'consultation', this.consultationId())
  }

  #moved(state, error) {
    if (error) this.#refused(error)
    else if (state !== 'offline') this.store.set({ link: state === 'live' ? 'live' : 'away' })
    if (state === 'live') this.#live()
  }

  #live() {
    this.store.set({ screen: null })
    if (this.wanted) this.#openIfNone()
    this.outgoing.resume()
    this.#sendContext()
    this.onLive()
  }

  /** The relay's log is another one: what was built from it is void. */
  #restarted() {
    this.memory.forget('browser', 'consultation')
    this.store.set(({ state }) => ({ state: { ...initialState(), pending: state.pending } }))
  }

  async #refused({ code, message }) {
    const refused = this.wire.link.hello.token
    const { stored } = this.session
    this.#disconnect()
    // Another tab may have renewed the session meanwhile.
    if (code === 'unauthenticated' && stored && stored.token !== refused) return this.#connect(stored)
    if (code === 'version') return this.store.set({ screen: 'version' })
    if (code !== 'unauthenticated') return this.store.set({ screen: 'refused', message })
    if (stored?.taxpayer.assurance === 'anonymous') return this.store.set({ screen: 'expired_anonymous' })
    this.host.tell('need-token', { kind: 'identity' })
    return this.store.set({ screen: 'expired' })
  }

  #openIfNone() {
    if (!currentOf(this.store.value.state)?.lastSeq) this.#open()
  }

  #open() {
    if (this.opening) return
    this.opening = true
    this.submit({ type: 'OpenConsultation' })
  }

  #opened({ consultation }) {
    this.store.set(({ state }) => ({ state: show(state, consultation) }))
    this.#remember()
    this.wire.follow(streamOf(consultation))
    this.outgoing.resume()
    this.#sendContext()
    if (this.intent === 'human') this.askHuman()
    this.intent = ''
  }

  #sendContext() {
    const consultation = currentOf(this.store.value.state)
    if (!this.context || !this.wire || this.store.value.link !== 'live' || !isOpen(consultation)) return
    const { token, at } = this.context
    this.context = null
    if (performance.now() - at > CONTEXT_FRESH) this.host.tell('need-token', { kind: 'context' })
    else this.request('SendContext', { token })
  }

  #answered(request, answer) {
    const refused = answer.type === 'ErrorReply'
    if (request.type === 'PostMessage') return this.outgoing.answered(request, answer)
    if (request.type === 'OpenConsultation') this.opening = false
    if (request.type === 'AskHuman') this.store.set({ asking: false })
    if (request.type === 'ComeBack') this.returning = false
    if (WORDS.has(request.type)) return this.#wordAnswered(refused, answer)
    if (request.type === 'Evaluate') this.store.set({ evaluating: false })
    if (request.type === 'EndConsultation') this.onEnded?.()
    if (request.type === 'SendContext') return refused && answer.code === 'unauthenticated' && this.#contextRefused()
    if (refused && request.type === 'OpenConsultation' && answer.code === 'forbidden') return this.store.set({ screen: 'blocked', message: answer.message })
    if (refused) return this.complain(answer.message)
    return request.type === 'OpenConsultation' && this.#opened(answer)
  }

  /** A refusal stands in the form, which keeps what was written. */
  #wordAnswered(refused, { message }) {
    const { form } = this.store.value
    if (!refused) return this.store.set({ form: null })
    return form ? this.store.set({ form: { ...form, sending: false, problem: message } }) : this.complain(message)
  }

  /** A token that waited too long: ask for another, once in a while. */
  #contextRefused() {
    if (performance.now() - (this.askedContextAt ?? -CONTEXT_FRESH) < CONTEXT_FRESH) return
    this.askedContextAt = performance.now()
    this.host.tell('need-token', { kind: 'context' })
  }

  /** Show a sentence for a while. */
  complain(problem) {
    this.store.set({ problem })
    clearTimeout(this.complaint)
    this.complaint = setTimeout(() => this.store.set({ problem: '' }), PROBLEM_SHOWN)
  }
}
