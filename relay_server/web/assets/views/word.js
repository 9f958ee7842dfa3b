/** 留言与预约回电: what a person can do when nobody can serve now, the two forms, and what was registered. */

import { say } from '../texts.js'
import { h, momentText, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

const LONGEST = 500
const FARTHEST_DAYS = 14
const PHONE = /^\+?\d{7,15}$/

/** Return a telephone number without the signs people put between digits. */
const compact = (phone) => phone.replace(/[ \-()（）]/g, '')

export class WordPanel extends HTMLElement {
  update({ consultation, form, link }) {
    const face = faceOf(consultation, form)
    this.hidden = !face
    if (face !== 'form') this.fields = null
    const key = face === 'form' ? form.kind : JSON.stringify([face, consultation?.word, consultation?.unavailable])
    const drawn = renderOnce(this, `${consultation?.id}${key}${!!consultation?.ticket}`, () => (face ? [FACES[face](this, consultation, form)] : []))
    if (face === 'form') this.#follow(form, link)
    if (drawn && face === 'form') this.querySelector('.first').focus()
  }

  #follow({ sending, problem }, link) {
    const words = problem || this.own || (sending ? say(link === 'away' ? 'form_offline' : 'form_sending') : '')
    this.fields.submit.disabled = sending
    this.fields.problem.classList.toggle('calm', sending && !problem)
    if (this.fields.problem.textContent !== words) this.fields.problem.textContent = words
  }

  /** Draw the form for one kind of word. */
  drawForm(kind, replaces) {
    this.own = ''
    const message = kind === 'message'
    const submit = h('button', { type: 'submit', class: 'button primary' }, say(`${kind}_send`))
    const problem = h('p', { class: 'problem', id: 'word-problem', role: 'alert' })
    const text = h('textarea', { id: 'word-text', rows: '3', maxlength: LONGEST, class: message ? 'first' : '' })
    const phone = h('input', { id: 'word-phone', type: 'tel', autocomplete: 'tel', maxlength: 24, class: message ? '' : 'first', 'aria-describedby': 'word-problem' })
    this.fields = { kind, text, phone, submit, problem, when: message ? null : whenChoice() }
    const lines = [field(`${kind}_phone`, phone), this.fields.when?.element, field(`${kind}_text`, text)]
    const send = (event) => {
      event.preventDefault()
      this.#send()
    }
    return h('form', { class: 'panel word-form', novalidate: true, 'aria-labelledby': 'word-title', on: { submit: send } },
      h('h2', { id: 'word-title' }, icon(message ? 'chat' : 'phone'), say(`${kind}_title`)),
      h('p', { class: 'muted small' }, say(`${kind}_hint`), replaces && ` ${say('message_replaces')}`),
      message ? lines.reverse() : lines, problem,
      h('div', { class: 'buttons' }, submit,
        h('button', { type: 'button', class: 'button secondary', on: { click: () => wish(this, 'close-form') } }, say('form_cancel'))))
  }

  #send() {
    const { kind, text, phone, when } = this.fields
    const values = { text: text.value.trim(), phone: compact(phone.value), at: when?.value() ?? null }
    this.own = problemWith(kind, values)
    if (!this.own) return wish(this, 'send-word', { kind, ...values })
    this.fields.problem.classList.remove('calm')
    this.fields.problem.textContent = this.own
    return (this.own === say('phone_wrong') ? phone : this.own === say('message_empty') ? text : when.date).focus()
  }
}

function faceOf(consultation, form) {
  if (!consultation || ['active', 'held', 'finished', 'closed'].includes(consultation.stage)) return null
  if (consultation.word) return 'word'
  if (form) return 'form'
  return consultation.unavailable && !consultation.ticket ? 'unavailable' : null
}

function problemWith(kind, { text, phone, at }) {
  if (kind === 'message' && !text) return say('message_empty')
  if ((kind === 'callback' || phone) && !PHONE.test(phone)) return say('phone_wrong')
  const now = Date.now() / 1000
  return at !== null && !(at > now - 60 && at < now + FARTHEST_DAYS * 86400) ? say('callback_past') : ''
}

const field = (label, control) => h('div', { class: 'field' }, h('label', { for: control.id }, say(label)), control)

/** As soon as possible, or from a moment on; `value()` is that moment in Unix seconds, or null. */
function whenChoice() {
  const date = h('input', { id: 'word-at', type: 'datetime-local', 'aria-label': say('callback_at'), hidden: true })
  const radio = (id, checked) => h('input', { type: 'radio', name: 'when', id, checked, on: { change: () => { date.hidden = !later.checked } } })
  const soon = radio('word-soon', true)
  const later = radio('word-later', false)
  const option = (input, label) => h('span', { class: 'radio' }, input, h('label', { for: input.id }, say(label)))
  const element = h('fieldset', { class: 'field when' }, h('legend', {}, say('callback_when')), option(soon, 'callback_soon'), option(later, 'callback_later'), date)
  return { element, date, value: () => (later.checked ? new Date(date.value).getTime() / 1000 : null) }
}

function choices(panel, { unavailable: { reason, office, opensAt } }) {
  const open = (kind, label, look) => h('button', { type: 'button', class: `button ${look}`, on: { click: () => wish(panel, 'open-form', { kind }) } }, icon(kind === 'message' ? 'chat' : 'phone'), say(label))
  return h('section', { class: 'panel unavailable', 'aria-labelledby': 'unavailable-title' },
    h('h2', { id: 'unavailable-title' }, icon('clock'), say(`unavailable_${reason}`, { office })),
    opensAt && h('p', { class: 'opens' }, say('unavailable_opens', { time: momentText(opensAt) })),
    h('p', {}, say('unavailable_choose')),
    h('div', { class: 'buttons' }, open('message', 'leave_message', 'primary'), open('callback', 'book_callback', 'secondary')))
}

function registered(panel, { word: { kind, office, at, dueAt } }) {
  const words = say(`word_${kind}_due`, { office, at: momentText(at), due: momentText(dueAt) })
  return h('section', { class: 'panel registered', 'aria-labelledby': 'word-title', role: 'status' },
    h('h2', { id: 'word-title' }, icon('check'), say(`word_${kind}`)),
    h('p', {}, words),
    h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'button secondary', on: { click: () => wish(panel, 'leave-queue') } }, say(`word_cancel_${kind}`))))
}

const FACES = {
  form: (panel, consultation, form) => panel.drawForm(form.kind, !!consultation.ticket),
  unavailable: choices,
  word: registered,
}

customElements.define('bw-word', WordPanel)
