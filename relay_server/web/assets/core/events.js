/**
 * What each event does to a consultation as the page shows it: pure, one reducer per kind of event.
 * An event this page is too old to know changes nothing. Times are Unix seconds.
 */

/** Whether nothing more will be said in it. */
export const isOver = (consultation) => ['finished', 'closed'].includes(consultation.stage)

/** Return the consultation after one event at its place. */
export function reduceEvent(c, event, seq, at) {
  const reduce = Object.hasOwn(EVENTS, event.type) ? EVENTS[event.type] : null
  return reduce ? reduce(c, event, seq, at) : c
}

export const startAssist = (m) => ({ id: m.assist, agent: m.agent, scope: m.scope, phase: 'asked', granted: [], invitation: null })
export const sameAssist = (c, m) => (c.assist?.id === m.assist ? c.assist : {})

const add = (c, item) => ({ ...c, items: [...c.items, item] })
const notice = (c, seq, at, name, values = {}) => add(c, { key: `n${seq}`, seq, at, kind: 'notice', name, values })
const NOT_WAITING = { ticket: null, choices: null, unavailable: null, word: null }

const QUEUE = {
  HandOverRequested: (c, e, seq, at) =>
    notice({ ...c, handedOver: true, choices: null, unavailable: null, stage: c.stage === 'bot' ? 'queued' : c.stage }, seq, at, 'handing_over'),
  LocalityAsked: (c, e) => ({ ...c, ...withBot(c), choices: e.choices, unavailable: null }),
  HumanUnavailable: (c, e) => {
    const unavailable = { reason: e.reason, office: e.office.name, opensAt: e.opens_at ?? null }
    return { ...c, ...(c.ticket ? {} : withBot(c)), choices: null, unavailable }
  },
  TicketTaken: (c, e, seq, at) =>
    notice({ ...c, ...NOT_WAITING, stage: 'queued', handedOver: true, agent: null, ticket: newTicket(c, e) }, seq, at, 'ticket_taken', { number: e.number }),
  TicketLeft: (c, e, seq, at) =>
    notice({ ...c, ...NOT_WAITING, ...withBot(c) }, seq, at, LEFT_BECAUSE[e.reason] ?? (c.word ? 'word_withdrawn' : 'ticket_left')),
  Widened: (c, e, seq, at) => notice(withTicket(c, { reach: e.reach, widened: true }), seq, at, 'widened', { reach: e.reach }),
  TaxpayerAway: (c, e) => withTicket(c, { awayUntil: e.until, awayReason: e.reason }),
  TaxpayerBack: (c) => withTicket(c, { awayUntil: 0, awayReason: '' }),
  MessageLeft: (c, e, seq, at) => leaveWord(c, seq, at, { kind: 'message', office: e.office.name, at: 0, dueAt: e.due_at }),
  CallbackBooked: (c, e, seq, at) => leaveWord(c, seq, at, { kind: 'callback', office: e.office.name, at: e.at, dueAt: e.due_at }),
  Offered: (c) => ({ ...c, stage: 'offered' }),
  OfferReturned: (c) => ({ ...c, stage: 'queued' }),
}

const LEFT_BECAUSE = { abandoned: 'ticket_abandoned', message: 'ticket_for_word', callback: 'ticket_for_word', overflow: 'ticket_overflow' }
const withBot = (c) => (isOver(c) ? {} : { stage: 'bot', handedOver: false })
const withTicket = (c, fields) => (c.ticket ? { ...c, ticket: { ...c.ticket, ...fields } } : c)
const newTicket = (c, e) =>
  ({ ahead: null, estimate: null, reach: e.office.name, widened: false, awayUntil: 0, awayReason: '', ...c.ticket, number: e.number, office: e.office.name })
const leaveWord = (c, seq, at, word) =>
  notice({ ...c, ...NOT_WAITING, stage: 'left', handedOver: true, word }, seq, at, `${word.kind}_left`, { due: word.dueAt })

const SERVICE = {
  OfferAccepted: (c, e, seq, at) => served(c, e.agent, seq, at, 'agent_joined'),
  Assigned: (c, e, seq, at) => served(c, e.agent, seq, at, c.agent && c.agent.id !== e.agent.id ? 'transferred' : 'agent_joined'),
  TransferAccepted: (c, e, seq, at) => served(c, e.agent, seq, at, 'transferred'),
  Released: (c, e, seq, at) =>
    notice({ ...c, stage: 'queued', agent: null, typingUntil: 0 }, seq, at, e.reason === 'transferred' ? 'released_transferred' : 'released'),
  ColleagueJoined: (c, e, seq, at) => notice(c, seq, at, 'colleague_joined', agentValues(e.agent)),
  ColleagueLeft: (c, e, seq, at) => (e.reason === 'declined' ? c : notice(c, seq, at, 'colleague_left', agentValues(e.agent))),
  ServiceHeld: (c, e, seq, at) => notice({ ...c, stage: 'held', remindedUntil: 0 }, seq, at, 'held'),
  ServiceResumed: (c, e, seq, at) => notice({ ...c, stage: 'active' }, seq, at, 'resumed'),
  IdleReminded: (c, e) => ({ ...c, remindedUntil: e.ends_at }),
  ServiceFinished: (c, e, seq, at) =>
    notice({ ...c, ...NOT_WAITING, stage: 'finished', finishedBy: e.by, assist: null, typingUntil: 0, remindedUntil: 0 }, seq, at, `finished_${e.by}`),
  ConsultationClosed: (c, e, seq, at) => {
    const closed = { ...c, ...NOT_WAITING, stage: 'closed', assist: null, remindedUntil: 0 }
    if (c.finishedBy) return closed
    return notice(closed, seq, at, e.reason === 'blocked' ? 'closed_blocked' : 'closed')
  },
  Reopened: (c, e, seq, at) => notice({ ...c, stage: 'queued', finishedBy: null, handedOver: true }, seq, at, 'reopened'),
  Evaluated: (c, e, seq, at) => notice({ ...c, evaluation: e }, seq, at, 'evaluated', { level: e.level }),
}

const agentValues = ({ name, number, office }) => ({ name, number, office: office.name })
const served = (c, agent, seq, at, name) =>
  notice({ ...c, ...NOT_WAITING, stage: 'active', handedOver: true, agent, peerOnline: true, typingUntil: 0 }, seq, at, name, agentValues(agent))

const TALK = {
  ConsultationOpened: (c, e) => ({ ...c, stage: 'bot', taxpayer: e.taxpayer }),
  ContextReceived: (c, e) => ({ ...c, context: e.context }),
  MessagePosted: (c, e, seq, at) => ({ ...add(c, messageItem(e, seq, at)), ...heard(e.sender.side) }),
  MessageRecalled: (c, e) => ({ ...c, items: c.items.map((item) => (item.seq === e.target && item.kind === 'message' ? recalled(item) : item)) }),
  Erased: (c, e, seq, at) => (e.kind === 'MessagePosted' ? notice(c, seq, at, 'erased') : c),
  Redacted: (c) => c,
}

const messageItem = ({ client_id, sender, body, quote = null }, seq, at) =>
  ({ key: `m${client_id}`, seq, at, kind: 'message', side: sender.side, name: sender.name, clientId: client_id, body, quote: body.type === 'Recalled' ? null : quote })
const recalled = (item) => ({ ...item, body: { type: 'Recalled' }, quote: null })
// Any word of the taxpayer answers the reminder.
const heard = (side) => (side === 'agent' ? { typingUntil: 0 } : side === 'taxpayer' ? { remindedUntil: 0 } : {})

const ASSIST = {
  AssistAsked: (c, e, seq, at) =>
    notice({ ...c, assist: { ...startAssist(e), ...sameAssist(c, e) } }, seq, at, 'assist_asked', agentValues(e.agent)),
  AssistJoined: (c, e) => withAssist(c, e, { phase: 'joined', invitation: null }),
  AssistGranted: (c, e, seq, at) =>
    notice(withAssist(c, e, { phase: 'granted', granted: e.scope, invitation: null }), seq, at, grantName('assist_granted', e.scope)),
  AssistRefused: (c, e, seq, at) => notice(withAssist(c, e, refusal(c)), seq, at, `assist_refused_${e.reason}`),
  AssistRevoked: (c, e, seq, at) =>
    notice(withAssist(c, e, { phase: e.scope.length ? 'granted' : 'joined', granted: e.scope }), seq, at, grantName('assist_left', e.scope)),
  AssistEnded: (c, e, seq, at) => notice(c.assist?.id === e.assist ? { ...c, assist: null } : c, seq, at, `assist_ended_${e.reason}`),
}

const grantName = (stem, scope) => `${stem}_${scope.includes('control') ? 'control' : scope.includes('view') ? 'view' : 'none'}`
const withAssist = (c, e, fields) => (c.assist?.id === e.assist ? { ...c, assist: { ...c.assist, ...fields } } : c)
// Refusing a wish for more leaves what was granted before.
const refusal = (c) => (c.assist?.granted.length ? {} : { phase: 'refused', invitation: null })

const EVENTS = { ...TALK, ...QUEUE, ...SERVICE, ...ASSIST }
