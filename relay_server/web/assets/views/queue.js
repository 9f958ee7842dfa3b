/** 排队取号: the number, how many are before it, and the way back to the bot. */

import { say } from '../texts.js'
import { h, renderOnce, wish } from './dom.js'

export class QueuePanel extends HTMLElement {
  update({ consultation }) {
    const waits = ['queued', 'offered'].includes(consultation?.stage)
    this.hidden = !waits
    if (!waits) return
    const { ticket, stage } = consultation
    this.#frame()
    renderOnce(this.number, ticket?.number ?? '', () => [ticket?.number ?? '…'])
    renderOnce(this.ahead, aheadText(ticket, stage), () => [aheadText(ticket, stage)])
    const details = detailLines(ticket)
    renderOnce(this.details, details.join(), () => details.map((line) => h('span', {}, line)))
    this.leave.hidden = stage !== 'queued' || !ticket
  }

  #frame() {
    if (this.number) return
    this.number = h('strong', { class: 'queue-number' })
    this.ahead = h('p', { class: 'queue-ahead', role: 'status' })
    this.details = h('p', { class: 'queue-details muted' })
    this.leave = h('button', { type: 'button', class: 'button secondary', on: { click: () => wish(this, 'leave-queue') } }, say('leave_queue'))
    this.append(h('section', { class: 'panel queue', 'aria-label': say('status_queued') },
      h('div', { class: 'queue-ticket' }, h('span', { class: 'muted' }, say('queue_number')), this.number),
      h('div', { class: 'queue-words' }, this.ahead, this.details, h('p', { class: 'muted small' }, say('queue_keep')), this.leave)))
  }
}

function aheadText(ticket, stage) {
  if (stage === 'offered') return say('queue_connecting')
  if (!ticket) return say('queue_taking')
  if (ticket.ahead === null) return say('status_queued')
  return ticket.ahead > 0 ? say('queue_ahead', { ahead: ticket.ahead }) : say('queue_next')
}

function detailLines(ticket) {
  const lines = []
  if (ticket?.estimate) lines.push(say('queue_estimate', { minutes: Math.max(1, Math.round(ticket.estimate / 60)) }))
  if (ticket?.office) lines.push(say('queue_office', { office: ticket.office }))
  return lines
}

customElements.define('bw-queue', QueuePanel)
