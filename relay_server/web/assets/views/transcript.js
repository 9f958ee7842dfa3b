/** 对话记录: everything said and done, in order, each line drawn once and kept; new lines are announced politely. */

import { isOpen, isServed, progressOf } from '../core/state.js'
import { say, sayNotice, texts } from '../texts.js'
import { MessageActs, RECALL_SECONDS } from './acts.js'
import { bodyKey, bodyNodes } from './bodies.js'
import { h, renderOnce, sizeText, timeText, wish } from './dom.js'
import { icon } from './icons.js'

const NEAR_BOTTOM = 80
const LEAST_ROOM = 160
const MARGIN = 12

export class Transcript extends HTMLElement {
  /** `files` is the port that fetches pictures and downloads. */
  connectedCallback() {
    if (this.log) return
    this.rows = new Map()
    this.log = h('div', { class: 'log', role: 'log', 'aria-label': say('log_label'), 'aria-live': 'polite' })
    this.typing = h('p', { class: 'typing', role: 'status' })
    this.jump = h('button', { type: 'button', class: 'jump', hidden: true, on: { click: () => this.toBottom() } }, icon('down'), say('jump_down'))
    this.scroller = h('div', { class: 'scroller', tabindex: '0', 'aria-label': say('log_label'), role: 'region' }, this.log, this.typing)
    this.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    this.append(this.scroller, this.jump)
    const resized = new ResizeObserver(() => this.stuck && this.toBottom())
    for (const part of [this.log, this.scroller]) resized.observe(part)
    this.stuck = true
  }

  update({ consultation, pending, now, loading }) {
    this.stuck ||= this.#atBottom()
    this.log.setAttribute('aria-busy', String(loading))
    const lines = consultation ? [...consultation.items, ...pending.map(pendingLine)] : []
    const grew = this.#draw(lines, consultation, now)
    const typing = isServed(consultation) && consultation.typingUntil > now
    renderOnce(this.typing, String(typing), () => (typing ? [h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')), say('typing')] : []))
    if (this.stuck || grew.mine) this.toBottom()
    else if (grew.others) this.jump.hidden = false
    if (this.stuck && grew.others && !loading) this.#keepBeginningInView(grew.others)
  }

  /** A long answer is read from its beginning. */
  #keepBeginningInView(element) {
    const room = this.scroller.clientHeight
    if (room < LEAST_ROOM || element.offsetHeight < room - MARGIN) return
    this.scroller.scrollTop = element.offsetTop - this.scroller.offsetTop - MARGIN
    this.stuck = false
  }

  toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight
    this.jump.hidden = true
    this.stuck = true
  }

  #scrolled() {
    const { scrollTop } = this.scroller
    if (this.#atBottom()) this.stuck = true
    else if (scrollTop < this.lastTop) this.stuck = false // a person went up; a panel that took room did not
    this.lastTop = scrollTop
    if (this.stuck) this.jump.hidden = true
  }

  #atBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM
  }

  #draw(lines, consultation, now) {
    const grew = { mine: null, others: null }
    const context = { ...lineContext(lines, consultation, now), jump: (seq) => this.#show(seq) }
    const wanted = new Set(lines.map((line) => line.key))
    for (const [key, row] of this.rows) if (!wanted.has(key)) this.#remove(key, row)
    lines.forEach((line, index) => {
      let row = this.rows.get(line.key)
      if (!row) {
        row = line.kind === 'notice' ? new NoticeRow() : new MessageRow(this.files)
        this.rows.set(line.key, row)
        grew[line.side === 'taxpayer' ? 'mine' : 'others'] ??= row.element
      }
      row.update(line, context)
      if (this.log.children[index] !== row.element) this.log.insertBefore(row.element, this.log.children[index] ?? null)
    })
    return grew
  }

  /** Bring a quoted message into view and let it be seen which one it is. */
  #show(seq) {
    const row = [...this.rows.values()].find((each) => each.seq === seq)
    if (!row) return
    this.stuck = false
    row.element.scrollIntoView({ block: 'center', behavior: 'smooth' })
    row.element.classList.remove('shown')
    requestAnimationFrame(() => row.element.classList.add('shown'))
  }

  #remove(key, row) {
    row.element.remove()
    this.rows.delete(key)
  }
}

/** A message the relay has not confirmed yet, as a line; it has the key its event will have. */
const pendingLine = (entry) => ({ ...entry, key: `m${entry.clientId}`, kind: 'message', side: 'taxpayer', name: '', pending: true })

/** What a line must know of the others: which choices can still be taken, and where the delivery mark stands. */
function lineContext(lines, consultation, now) {
  const messages = lines.filter((line) => line.kind === 'message')
  const lastBot = messages.findLast((line) => line.side === 'bot')
  const lastMine = messages.findLast((line) => line.side === 'taxpayer' && !line.pending)
  const botListens = isOpen(consultation) && !consultation.handedOver
  return {
    consultation,
    now,
    bodyAt: new Map(messages.map((line) => [line.seq, line.body])),
    markSeq: lastMine?.seq,
    active: (line) => botListens && (line.body?.purpose !== 'slot' || line === lastBot),
  }
}

class NoticeRow {
  constructor() {
    this.element = h('p', { class: 'notice' })
  }

  update({ key, name, values, at }) {
    const level = values.level ? { level: texts[`level_${values.level}`] } : {}
    renderOnce(this.element, key, () => [h('span', {}, sayNotice(name, { ...values, ...level })), h('time', {}, timeText(at))])
  }
}

class MessageRow {
  constructor(files) {
    this.files = files
    this.who = h('span', { class: 'who' })
    this.time = h('time', {})
    this.mark = h('div', { class: 'mark', 'aria-live': 'off' })
    this.quote = h('div', { class: 'quote-place' })
    this.content = h('div', {})
    this.bubble = h('div', { class: 'bubble' }, this.quote, this.content)
    this.acts = new MessageActs()
    this.element = h('article', { class: 'message' }, h('header', {}, this.who, this.time, this.acts.element), this.bubble, this.mark)
    this.bubble.addEventListener('contextmenu', (event) => this.#menu(event))
  }

  update(line, context) {
    const who = speaker(line)
    this.element.dataset.side = line.side
    this.element.dataset.kind = line.body?.type ?? line.kind
    this.seq = line.seq
    setText(this.who, who)
    setText(this.time, timeText(line.at))
    this.#drawBody(line, context, who)
    this.#drawMark(line, context)
    this.#drawQuote(line.quote, context)
    this.acts.update(line, actsOn(line, context))
  }

  /** The right button opens the same menu, unless it is for a link or for words that are marked. */
  #menu(event) {
    if (this.acts.element.hidden || event.target.closest('a, img') || String(getSelection())) return
    event.preventDefault()
    this.acts.open()
  }

  #drawQuote(quote, { bodyAt, jump }) {
    const gone = !!quote && bodyAt.get(quote.seq)?.type === 'Recalled'
    renderOnce(this.quote, JSON.stringify([quote, gone]), () => (quote ? [quoteLine(quote, gone, jump)] : []))
  }

  #drawBody(line, context, who) {
    if (!line.body) {
      renderOnce(this.content, uploadKey(line), () => uploadNodes(line))
      return
    }
    const active = context.active(line)
    renderOnce(this.content, bodyKey(line.body, active), () => bodyNodes(line.body, { files: this.files, active, who, side: line.side }))
  }

  #drawMark(line, { consultation, markSeq }) {
    const status = line.side === 'taxpayer' ? statusOf(line, consultation, markSeq) : ''
    this.element.classList.toggle('failed', status === 'failed')
    renderOnce(this.mark, `${status}|${line.problem ?? ''}`, () => (status === 'failed' ? failure(line) : status ? [say(`delivery_${status}`)] : []))
  }
}

/** What the taxpayer may do with a message: answer what anybody said, take back an own one that is young enough. */
function actsOn({ pending, body, side, at }, { consultation, now }) {
  const possible = !pending && body?.type !== 'Recalled' && isOpen(consultation)
  return { quote: possible && consultation.handedOver, recall: possible && side === 'taxpayer' && now < at + RECALL_SECONDS }
}

function quoteLine({ seq, sender, excerpt }, gone, jump) {
  if (gone) return h('p', { class: 'quoted' }, say('quote_recalled'))
  return h('button', { type: 'button', class: 'quoted', title: say('quote_jump'), on: { click: () => jump(seq) } }, h('strong', {}, speaker(sender)), h('span', {}, excerpt))
}

export const speaker = ({ side, name }) => (side === 'taxpayer' ? say('me') : side === 'agent' ? `${say('agent')} ${name}`.trim() : say(side))

function statusOf(line, consultation, markSeq) {
  if (line.pending) return line.status
  if (line.body.type === 'Recalled') return ''
  return line.seq === markSeq && consultation.agent ? progressOf(consultation, line.seq) : line.seq === markSeq ? 'sent' : ''
}

function failure({ clientId, problem, retryable }) {
  const act = (name) => (event) => wish(event.currentTarget, name, { clientId })
  return [
    icon('warning'),
    h('span', { role: 'alert' }, problem || say('delivery_failed')),
    retryable !== false && h('button', { type: 'button', class: 'link-button', on: { click: act('retry') } }, say('retry')),
    h('button', { type: 'button', class: 'link-button', on: { click: act('discard') } }, say('discard')),
  ]
}

const uploadKey = ({ file, status, progress }) => `${file.name}|${status}|${Math.round((progress ?? 0) * 100)}`

function uploadNodes({ file, status, progress = 0, preview }) {
  const percent = Math.round(progress * 100)
  const words = status === 'sending' ? say('uploading', { percent }) : status === 'waiting' ? say('upload_waiting') : ''
  return [
    preview ? h('img', { class: 'preview', src: preview, alt: file.name }) : h('div', { class: 'file-button' }, icon('file'), h('span', { class: 'file-words' }, h('span', { class: 'file-name' }, file.name), h('span', { class: 'muted' }, sizeText(file.size)))),
    status !== 'failed' && h('progress', { max: 100, value: percent, 'aria-label': `${file.name} ${words}` }),
    words && h('p', { class: 'muted small' }, words),
  ]
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

customElements.define('bw-transcript', Transcript)
