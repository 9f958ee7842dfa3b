/**
 * What the page knows, as a pure function of what arrived: `apply(state, message, now)` returns the next state.
 * "old state + event = state read afresh" holds for every event; times are Unix seconds.
 */

import { consultationOf } from './ids.js'

const TYPING_SECONDS = 6

/** `pending` are own messages the relay has not confirmed yet; `current` is the consultation on the screen. */
export const initialState = () => ({ current: null, consultations: {}, pending: [] })

const blank = (id) => ({
  id,
  stage: 'opening', // opening → bot → queued → offered → active → finished → closed
  items: [],
  lastSeq: 0,
  handedOver: false,
  taxpayer: null,
  context: null,
  ticket: null,
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
export const isOpen = (consultation) => !!consultation && !['finished', 'closed'].includes(consultation.stage)

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
  QueuePosition: (c, m) => (c.ticket ? { ...c, ticket: { ...c.ticket, ...position(m) } } : { ...c, ticket: position(m) }),
  AssistInvitation: (c, m) => ({ ...c, assist: { ...startAssist(m), ...sameAssist(c, m), invitation: invitation(m) } }),
  StreamClosed: (c) => c,
}

const furthest = (a, b) => ({ delivered: Math.max(a.delivered, b.delivered), read: Math.max(a.read, b.read) })
const position = ({ number, ahead, office, estimate = null }) => ({ number, ahead, office, estimate })
const invitation = ({ code, expires_at }) => ({ code, expiresAt: expires_at })
const startAssist = (m) => ({ id: m.assist, agent: m.agent, scope: m.scope, phase: 'asked', granted: [], invitation: null })
const sameAssist = (c, m) => (c.assist?.id === m.assist ? c.assist : {})

function applyFrame(state, { stream, seq, at, event }) {
  const id = consultationOf(stream)
  const next = change(state, id, (c) => (seq <= c.lastSeq ? c : { ...reduceEvent(c, event, seq, at), lastSeq: seq }))
  const settled = event.type === 'MessagePosted' ? settle(next, event.client_id) : next
  // A consultation begun in another tab is a later one: both tabs show the same chat.
  return settled.current === null || id > settled.current ? { ...settled, current: id } : settled
}

function reduceEvent(c, event, seq, at) {
  const reduce = EVENTS[event.type]
  return reduce ? reduce(c, event, seq, at) : c
}

const add = (c, item) => ({ ...c, items: [...c.items, item] })
const notice = (c, seq, at, name, values = {}) => add(c, { key: `n${seq}`, seq, at, kind: 'notice', name, values })

const EVENTS = {
  ConsultationOpened: (c, e) => ({ ...c, stage: 'bot', taxpayer: e.taxpayer }),
  ContextReceived: (c, e) => ({ ...c, context: e.context }),
  MessagePosted: (c, e, seq, at) => ({ ...add(c, messageItem(e, seq, at)), ...(e.sender.side === 'agent' ? { typingUntil: 0 } : {}) }),
  HandOverRequested: (c, e, seq, at) =>
    notice({ ...c, handedOver: true, stage: c.stage === 'bot' ? 'queued' : c.stage }, seq, at, 'handing_over'),
  TicketTaken: (c, e, seq, at) =>
    notice({ ...c, stage: 'queued', handedOver: true, ticket: { ahead: null, estimate: null, ...c.ticket, number: e.number, office: e.office.name } },
      seq, at, 'ticket_taken', { number: e.number }),
  TicketLeft: (c, e, seq, at) => notice({ ...c, ...(isOpen(c) ? { stage: 'bot', handedOver: false } : {}), ticket: null }, seq, at, 'ticket_left'),
  Offered: (c) => ({ ...c, stage: 'offered' }),
  OfferReturned: (c) => ({ ...c, stage: 'queued' }),
  OfferAccepted: (c, e, seq, at) =>
    notice({ ...c, stage: 'active', agent: e.agent, ticket: null, peerOnline: true }, seq, at, 'agent_joined', agentValues(e.agent)),
  AssistAsked: (c, e, seq, at) =>
    notice({ ...c, assist: { ...startAssist(e), ...sameAssist(c, e) } }, seq, at, 'assist_asked', agentValues(e.agent)),
  AssistJoined: (c, e) => withAssist(c, e, { phase: 'joined', invitation: null }),
  AssistGranted: (c, e, seq, at) =>
    notice(withAssist(c, e, { phase: 'granted', granted: e.scope, invitation: null }), seq, at, grantName('assist_granted', e.scope)),
  AssistRefused: (c, e, seq, at) => notice(withAssist(c, e, refusal(c)), seq, at, `assist_refused_${e.reason}`),
  AssistRevoked: (c, e, seq, at) =>
    notice(withAssist(c, e, { phase: e.scope.length ? 'granted' : 'joined', granted: e.scope }), seq, at, grantName('assist_left', e.scope)),
  AssistEnded: (c, e, seq, at) => notice(c.assist?.id === e.assist ? { ...c, assist: null } : c, seq, at, `assist_ended_${e.reason}`),
  ServiceFinished: (c, e, seq, at) =>
    notice({ ...c, stage: 'finished', finishedBy: e.by, assist: null, ticket: null, typingUntil: 0 }, seq, at, `finished_${e.by}`),
  ConsultationClosed: (c, e, seq, at) => {
    const closed = { ...c, stage: 'closed', assist: null, ticket: null }
    return c.finishedBy ? closed : notice(closed, seq, at, 'closed')
  },
  Evaluated: (c, e, seq, at) => notice({ ...c, evaluation: e }, seq, at, 'evaluated', { level: e.level }),
}

const messageItem = ({ client_id, sender, body }, seq, at) =>
  ({ key: `m${client_id}`, seq, at, kind: 'message', side: sender.side, name: sender.name, clientId: client_id, body })
const agentValues = ({ name, number, office }) => ({ name, number, office: office.name })
const grantName = (stem, scope) => `${stem}_${scope.includes('control') ? 'control' : scope.includes('view') ? 'view' : 'none'}`
const withAssist = (c, e, fields) => (c.assist?.id === e.assist ? { ...c, assist: { ...c.assist, ...fields } } : c)
// Refusing a wish for more leaves what was granted before.
const refusal = (c) => (c.assist?.granted.length ? {} : { phase: 'refused', invitation: null })

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
