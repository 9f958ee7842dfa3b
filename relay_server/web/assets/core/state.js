/**
 * What the page knows, as a pure function of what arrived: `apply(state, message, now)` returns the next state.
 * "old state + event = state read afresh" holds for every event; times are Unix seconds.
 */

import { isOver, reduceEvent, sameAssist, startAssist } from './events.js'
import { consultationOf } from './ids.js'

const TYPING_SECONDS = 6

/** `pending` are own messages the relay has not confirmed yet; `current` is the consultation on the screen. */
export const initialState = () => ({ current: null, consultations: {}, pending: [] })

const blank = (id) => ({
  id,
  stage: 'opening', // opening → bot → (left | queued → offered) → active ⇄ held → finished → closed
  items: [],
  lastSeq: 0,
  handedOver: false,
  taxpayer: null,
  context: null,
  ticket: null, // {number, office, ahead, estimate, reach, awayUntil, awayReason}
  choices: null, // the offices to choose from, when nothing says which one is competent
  unavailable: null, // {reason, office, opensAt} while nobody can serve
  word: null, // {kind: 'message' | 'callback', office, at, dueAt} that was left
  remindedUntil: 0,
  agent: null,
  receipt: { delivered: 0, read: 0 },
  typingUntil: 0,
  peerOnline: true,
  assist: null,
  finishedBy: null,
  evaluation: null,
})

/** Return the consultation on the screen, or null. */
export const currentOf = (state) => (state.current ? (state.consultations[state.current] ?? null) : null)

/** Whether a person may still write in it. */
export const isOpen = (consultation) => !!consultation && !isOver(consultation)

/** Whether an agent serves it now. */
export const isServed = (consultation) => ['active', 'held'].includes(consultation?.stage)

/** Return the state after one message of the relay. */
export function apply(state, message, now) {
  if (message.type === 'EventFrame') return applyFrame(state, message)
  const reduce = TRANSIENT[message.type]
  if (!reduce || !state.consultations[message.consultation]) return state
  return change(state, message.consultation, (c) => reduce(c, message, now))
}

/** Return the state with one consultation on the screen (it may have no events yet). */
export function show(state, id) {
  const known = state.consultations[id] ? state : change(state, id, (c) => c)
  return { ...known, current: id }
}

const TRANSIENT = {
  Typing: (c, m, now) => (m.side === 'agent' ? { ...c, typingUntil: now + TYPING_SECONDS } : c),
  PeerLink: (c, m) => (m.side === 'agent' ? { ...c, peerOnline: m.online } : c),
  Receipt: (c, m) => (m.side === 'agent' ? { ...c, receipt: furthest(c.receipt, m) } : c),
  QueuePosition: (c, m) => (WAITING.has(c.stage) ? { ...c, ticket: { ...c.ticket, ...position(m) } } : c),
  AssistInvitation: (c, m) => ({ ...c, assist: { ...startAssist(m), ...sameAssist(c, m), invitation: invitation(m) } }),
  StreamClosed: (c) => c,
}

// The position may overtake the event that gives the number.
const WAITING = new Set(['opening', 'bot', 'queued', 'offered'])
const furthest = (a, b) => ({ delivered: Math.max(a.delivered, b.delivered), read: Math.max(a.read, b.read) })
const position = ({ number, ahead, office, estimate = null, reach = '', away_until: awayUntil = null }) =>
  ({ number, ahead, office, estimate, ...(reach ? { reach } : {}), awayUntil: awayUntil ?? 0 })
const invitation = ({ code, expires_at }) => ({ code, expiresAt: expires_at })

function applyFrame(state, { stream, seq, at, event }) {
  const id = consultationOf(stream)
  const next = change(state, id, (c) => (seq <= c.lastSeq ? c : { ...reduceEvent(c, event, seq, at), lastSeq: seq }))
  const settled = event.type === 'MessagePosted' ? settle(next, event.client_id) : next
  // A consultation begun in another tab is a later one: both tabs show the same chat.
  return settled.current === null || id > settled.current ? { ...settled, current: id } : settled
}

function change(state, id, how) {
  const before = state.consultations[id] ?? blank(id)
  const after = how(before)
  if (after === before && state.consultations[id]) return state
  return { ...state, consultations: { ...state.consultations, [id]: after } }
}

/** Return the state with an own message that is not confirmed yet: `{clientId, at, kind: 'text'|'upload', …}`. */
export const addPending = (state, entry) => ({ ...state, pending: [...state.pending, entry] })

/** Return the state with fields of one pending message changed. */
export const changePending = (state, clientId, fields) =>
  ({ ...state, pending: state.pending.map((entry) => (entry.clientId === clientId ? { ...entry, ...fields } : entry)) })

/** Return the state without one pending message: its event came, or its writer gave it up. */
export function settle(state, clientId) {
  if (!state.pending.some((entry) => entry.clientId === clientId)) return state
  return { ...state, pending: state.pending.filter((entry) => entry.clientId !== clientId) }
}

/** Return how far an own message got: sent, delivered or read. */
export function progressOf(consultation, seq) {
  if (seq <= consultation.receipt.read) return 'read'
  return seq <= consultation.receipt.delivered ? 'delivered' : 'sent'
}

/** Return the sequence number of the newest message others wrote after `seq`, and how many there are. */
export const unreadAfter = (consultation, seq) =>
  consultation.items.filter((item) => item.kind === 'message' && item.seq > seq && item.side !== 'taxpayer').length
