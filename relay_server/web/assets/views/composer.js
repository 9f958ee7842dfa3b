/** Where the taxpayer writes: text, pasted or dropped pictures, chosen files, and the way to a person. */

import { say } from '../texts.js'
import { h, renderOnce, sizeText, wish } from './dom.js'
import { icon } from './icons.js'
import { speaker } from './transcript.js'

export const TEXT_LIMIT = 4000
export const FILE_MEGABYTES = 20
const KINDS = ['png', 'jpg', 'jpeg', 'gif', 'webp', 'pdf', 'docx', 'xlsx', 'txt', 'csv', 'zip']
const ACCEPT = KINDS.map((kind) => `.${kind}`).join(',')
const TYPING_EVERY = 2500
const TALLEST = 160

export class Composer extends HTMLElement {
  connectedCallback() {
    if (this.box) return
    this.files = []
    this.typedAt = -TYPING_EVERY
    this.box = h('textarea', { id: 'composer', rows: '1', 'aria-describedby': 'composer-keys composer-problem', placeholder: say('composer_hint'), autocomplete: 'off' })
    this.picker = h('input', { type: 'file', multiple: true, accept: ACCEPT, hidden: true, tabindex: '-1', 'aria-label': say('attach') })
    this.problem = h('p', { class: 'problem', id: 'composer-problem', role: 'alert' })
    this.tray = h('ul', { class: 'tray', 'aria-label': say('attached'), hidden: true })
    this.human = h('button', { type: 'button', class: 'button secondary human', title: say('ask_human_hint') }, icon('headset'), say('ask_human'))
    const attach = h('button', { type: 'button', class: 'button plain', title: say('attach_hint') }, icon('attach'), say('attach'))
    this.voice = h('button', { type: 'button', class: 'button plain', title: say('record_hint'), on: { click: () => wish(this, 'record-start') } }, icon('mic'), say('record'))
    this.sendButton = h('button', { type: 'submit', class: 'button primary' }, icon('send'), say('send'))
    this.quote = h('div', { class: 'quoting', hidden: true })
    this.form = h('form', { class: 'composer' },
      h('div', { class: 'tools' }, this.human, attach, this.voice, this.picker),
      this.quote, this.tray, this.problem,
      h('label', { class: 'hidden-label', for: 'composer' }, say('composer_label')),
      h('div', { class: 'writing' }, this.box, this.sendButton),
      h('p', { class: 'keys', id: 'composer-keys' }, say('composer_keys')))
    this.append(this.form)
    this.#listen(attach)
  }

  /** Show the words a person had begun before the page was reloaded. */
  restore(draft) {
    this.box.value = draft
    this.#grow()
  }

  update({ consultation, canSend, large, asking, quoting, recording }) {
    if (large !== this.large) this.#grow()
    this.large = large
    this.#drawQuote(quoting)
    this.voice.hidden = !consultation?.handedOver || !!recording
    this.human.disabled = asking
    this.human.hidden = !consultation || consultation.handedOver
    const hint = say(consultation?.agent ? 'composer_hint_agent' : 'composer_hint')
    if (this.box.placeholder !== hint) this.box.placeholder = hint
    this.sendButton.disabled = !canSend
  }

  /** The message that the next words answer. */
  #drawQuote(quoting) {
    this.quote.hidden = !quoting
    const drop = () => wish(this, 'drop-quote')
    renderOnce(this.quote, JSON.stringify(quoting), () => (quoting ? [
      h('p', {}, h('strong', {}, say('quoting', { who: speaker(quoting.sender) })), quoting.excerpt),
      h('button', { type: 'button', class: 'icon-button', 'aria-label': say('quote_cancel'), on: { click: drop } }, icon('close')),
    ] : []))
  }

  /** Forget what was begun. */
  clear() {
    this.files = []
    this.problem.textContent = ''
    this.#drawTray()
    this.restore('')
  }

  focusBox() {
    this.box.focus()
  }

  /** Take files a person pasted, dropped or chose; they go out with the next 发送, so a slip can be undone. */
  take(files) {
    const problems = []
    for (const file of files) {
      const problem = reasonAgainst(file)
      if (problem) problems.push(problem)
      else this.files.push({ file, preview: file.type.startsWith('image/') ? URL.createObjectURL(file) : null })
    }
    this.problem.textContent = problems.join(' ')
    this.#drawTray()
    this.box.focus()
  }

  #listen(attach) {
    this.human.addEventListener('click', () => wish(this, 'ask-human'))
    attach.addEventListener('click', () => this.picker.click())
    this.picker.addEventListener('change', () => {
      this.take([...this.picker.files])
      this.picker.value = ''
    })
    this.form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#send()
    })
    this.box.addEventListener('keydown', (event) => this.#key(event))
    this.box.addEventListener('input', () => this.#typed())
    this.box.addEventListener('paste', (event) => this.#paste(event))
  }

  #key(event) {
    // While an input method composes, Enter chooses its characters and must not send.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    this.#send()
  }

  #typed() {
    this.#grow()
    this.#checkLength()
    wish(this, 'draft', { text: this.box.value })
    if (this.box.value && performance.now() - this.typedAt > TYPING_EVERY) {
      this.typedAt = performance.now()
      wish(this, 'typing')
    }
  }

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length) return
    event.preventDefault()
    this.take(files)
  }

  #checkLength() {
    const count = this.box.value.length
    this.problem.textContent = count > TEXT_LIMIT ? say('too_long', { limit: TEXT_LIMIT, count }) : ''
    return count <= TEXT_LIMIT
  }

  #send() {
    if (this.sendButton.disabled || !this.#checkLength()) return
    const text = this.box.value.trim()
    for (const { file, preview } of this.files) wish(this, 'send-file', { file, preview })
    if (text) wish(this, 'send-text', { text })
    this.files = []
    this.box.value = ''
    this.typedAt = -TYPING_EVERY
    wish(this, 'draft', { text: '' })
    this.#drawTray()
    this.#grow()
    this.box.focus()
  }

  #grow() {
    this.box.style.height = 'auto'
    this.box.style.height = `${Math.min(this.box.scrollHeight + 2, TALLEST)}px`
  }

  #drawTray() {
    this.tray.hidden = !this.files.length
    renderOnce(this.tray, {}, () => this.files.map((entry) => this.#trayItem(entry)))
  }

  #trayItem(entry) {
    const { file, preview } = entry
    const remove = () => {
      this.files = this.files.filter((other) => other !== entry)
      this.#drawTray()
      this.box.focus()
    }
    return h('li', {},
      preview ? h('img', { src: preview, alt: '' }) : icon('file'),
      h('span', { class: 'file-words' }, h('span', { class: 'file-name' }, file.name), h('span', { class: 'muted' }, sizeText(file.size))),
      h('button', { type: 'button', class: 'icon-button', 'aria-label': say('remove_attachment', { name: file.name }), on: { click: remove } }, icon('close')))
  }
}

/** The relay judges by content; this only spares people a long upload that must fail. */
function reasonAgainst(file) {
  const { name } = file
  if (file.size === 0) return say('empty_file', { name })
  if (file.size > FILE_MEGABYTES * 1024 * 1024) return say('too_large', { name, limit: FILE_MEGABYTES })
  return KINDS.includes(name.split('.').pop().toLowerCase()) ? '' : say('wrong_kind', { name })
}

customElements.define('bw-composer', Composer)
