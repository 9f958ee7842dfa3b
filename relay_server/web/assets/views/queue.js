/** 排队取号: the number, how many are before it, whose agents are asked, and what a person can do instead of waiting. */

import { say } from '../texts.js'
import { countdownText, h, momentText, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

export class QueuePanel extends HTMLElement {
  update({ consultation, now, link, form }) {
    const waits = ['queued', 'offered'].includes(consultation?.stage) && !form
    this.hidden = !waits
    if (!waits) return
    const { ticket, stage, unavailable } = consultation
    const away = ticket?.awayReason === 'asked' && ticket.awayUntil > now
    this.#frame()
    this.panel.classList.toggle('away', away)
    const words = aheadText(ticket, stage, away, unavailable)
    renderOnce(this.number, ticket?.number ?? '', () => [ticket?.number ?? '…'])
    renderOnce(this.ahead, words, () => [words])
    this.#drawDetails(away ? [] : detailLines(ticket))
    this.#drawKeep(away, ticket, now, link)
    renderOnce(this.beside, JSON.stringify(!away && unavailable), () => (unavailable && !away ? besideLines(unavailable) : []))
    renderOnce(this.buttons, `${stage}${!!ticket}${away}`, () => (ticket && stage === 'queued' ? this.#actions(away) : []))
  }

  #drawDetails(lines) {
    renderOnce(this.details, lines.join(), () => lines.map((line) => h('span', {}, line)))
  }

  #drawKeep(away, ticket, now, link) {
    const words = link === 'away' ? say('queue_kept') : away ? say('away_text', { time: countdownText(ticket.awayUntil - now) }) : say('queue_keep')
    renderOnce(this.keep, words, () => [words])
  }

  #actions(away) {
    const act = (name, label, kind = 'secondary', detail = {}) =>
      h('button', { type: 'button', class: `button ${kind}`, on: { click: () => wish(this, name, detail) } }, say(label))
    if (away) return [act('come-back', 'come_back', 'primary big'), act('leave-queue', 'leave_queue')]
    return [
      act('step-away', 'step_away'),
      act('open-form', 'leave_message', 'secondary', { kind: 'message' }),
      act('open-form', 'book_callback', 'secondary', { kind: 'callback' }),
      act('leave-queue', 'leave_queue', 'plain'),
    ]
  }

  #frame() {
    if (this.number) return
    this.number = h('strong', { class: 'queue-number' })
    this.ahead = h('p', { class: 'queue-ahead', role: 'status' })
    this.details = h('p', { class: 'queue-details muted' })
    this.keep = h('p', { class: 'muted small queue-keep' })
    this.beside = h('div', { class: 'queue-beside', role: 'status' })
    this.buttons = h('div', { class: 'buttons' })
    this.panel = h('section', { class: 'panel queue', 'aria-label': say('status_queued') },
      h('div', { class: 'queue-ticket' }, h('span', { class: 'muted' }, say('queue_number')), this.number),
      h('div', { class: 'queue-words' }, this.ahead, this.details, this.beside, this.keep, this.buttons))
    this.append(this.panel)
  }
}

function aheadText(ticket, stage, away, unavailable) {
  if (away) return say('away_title')
  if (stage === 'offered') return say('queue_connecting')
  if (!ticket) return say('queue_taking')
  if (ticket.ahead === null || ticket.ahead === undefined) return say('status_queued')
  return ticket.ahead > 0 ? say('queue_ahead', { ahead: ticket.ahead }) : say(unavailable ? 'queue_first' : 'queue_next')
}

function detailLines(ticket) {
  const lines = []
  if (ticket?.estimate) lines.push(say('queue_estimate', { minutes: Math.max(1, Math.round(ticket.estimate / 60)) }))
  const reach = ticket?.reach || ticket?.office
  if (reach) lines.push(say(ticket.widened ? 'queue_widened' : 'queue_reach', { reach }))
  return lines
}

/** Nobody can serve at the moment, but the place is kept. */
function besideLines({ reason, office, opensAt }) {
  return [
    h('p', {}, icon('warning'), h('strong', {}, say(`unavailable_${reason}`, { office }))),
    opensAt && h('p', {}, say('unavailable_opens', { time: momentText(opensAt) })),
    h('p', {}, say('unavailable_waiting')),
  ].filter(Boolean)
}

customElements.define('bw-queue', QueuePanel)
