/** What a message may hold, drawn: one function per kind of body. */

import { say } from '../texts.js'
import { h, linkified, sizeText, wish } from './dom.js'
import { icon } from './icons.js'
import { VoicePlayer } from './voice.js'

/** Return the nodes of one body. `context`: `{files, active, who, side}`; `active` says whether choices can still be taken. */
export function bodyNodes(body, context) {
  return (BODIES[body.type] ?? unknown)(body, context)
}

/** Return what tells two drawings of one message apart. */
export const bodyKey = (body, active) => `${JSON.stringify(body)}${CHOOSABLE.has(body.type) && active}`

const CHOOSABLE = new Set(['Choices', 'NoAnswer'])

const BODIES = {
  Text: ({ text }) => [h('p', { class: 'text' }, linkified(text))],
  Notice: ({ text }) => [h('p', { class: 'text' }, linkified(text))],
  Answer: (body) => [answer(body)],
  Choices: (body, context) => [choices(body, context)],
  NoAnswer: ({ text }, { active }) => [h('div', { class: 'card' }, h('p', { class: 'text' }, text), askHuman(active))],
  Image: ({ attachment }, { files, who }) => [new Picture(attachment, files, who).element],
  File: ({ attachment }, { files }) => [fileLine(attachment, files)],
  Voice: (body, { files, who }) => [new VoicePlayer(body, files, who).element],
  Recalled: (body, { side, who }) => [h('p', { class: 'text muted' }, side === 'taxpayer' ? say('recalled_mine') : say('recalled_other', { who }))],
}

const unknown = () => [h('p', { class: 'text muted' }, say('newer_kind'))]

function answer({ title, text, entry, revision, source }) {
  return h('div', { class: 'card answer' },
    h('h3', {}, title),
    steps(text).map((line) => h('p', { class: 'text' }, linkified(line))),
    h('footer', {},
      h('span', {}, say('entry_line', { entry, revision })),
      source && h('span', {}, say('source_line', { source })),
      h('span', {}, say('answer_caution'))))
}

/** Begin a new line at each numbered step; the words stay as they were published. */
export function steps(text) {
  if (!/(^|[^\d])1[.、．]/.test(text) || !/[^\d]2[.、．]/.test(text)) return text.split('\n')
  return text.split(/\n|(?<=[；。：;:]\s*)(?=\d{1,2}[.、．](?!\d))/).map((line) => line.trim()).filter(Boolean)
}

function choices({ text, options, human }, { active }) {
  const list = options.map((option, index) => h('li', {}, choice(option, index, active)))
  return h('div', { class: 'card choices' },
    h('p', { class: 'text' }, text),
    h('ol', { class: 'options' }, list),
    human && askHuman(active))
}

function choice({ title, entry }, index, active) {
  const take = (event) => wish(event.currentTarget, 'choose', { text: title, entry })
  return h('button', { type: 'button', class: 'option', disabled: !active, on: { click: take } },
    h('span', { class: 'option-number', 'aria-hidden': 'true' }, String(index + 1)),
    h('span', { class: 'option-title' }, title))
}

function askHuman(active) {
  const ask = (event) => wish(event.currentTarget, 'ask-human')
  return h('button', { type: 'button', class: 'button secondary', disabled: !active, on: { click: ask } },
    icon('headset'), say('ask_human'))
}

/** A picture: room is kept for it while its bytes are fetched; a failure can be tried again. */
class Picture {
  constructor(attachment, files, who) {
    Object.assign(this, { attachment, files, who })
    this.element = h('div', { class: 'picture' })
    this.#load()
  }

  #load() {
    const { id, thumbnail, width, height } = this.attachment
    const waiting = h('div', { class: 'picture-room', role: 'img', 'aria-label': say('image_loading') })
    if (width && height) waiting.style.aspectRatio = `${width} / ${height}`
    this.element.replaceChildren(waiting)
    this.files.address(thumbnail ?? id).then((address) => this.#show(address), () => this.#fail())
  }

  #show(address) {
    const label = say('image_by', { who: this.who, name: this.attachment.name })
    const { width, height } = this.attachment
    const image = h('img', { src: address, alt: label, ...(width && height ? { width, height } : {}) })
    const open = (event) => wish(event.currentTarget, 'view-image', { address, label, attachment: this.attachment, whole: this.files.address(this.attachment.id) })
    this.element.replaceChildren(
      h('button', { type: 'button', class: 'picture-button', 'aria-label': `${label}，${say('view_image')}`, on: { click: open } }, image))
  }

  #fail() {
    const retry = () => this.#load()
    this.element.replaceChildren(
      h('button', { type: 'button', class: 'picture-room failed', on: { click: retry } }, icon('warning'), say('image_failed')))
  }
}

function fileLine(attachment, files) {
  const size = sizeText(attachment.size)
  const label = say('download_file', { name: attachment.name, size })
  const problem = h('span', { class: 'problem', role: 'status' })
  const download = () => files.download(attachment).then(() => { problem.textContent = '' }, () => { problem.textContent = say('download_failed') })
  return h('div', { class: 'file' },
    h('button', { type: 'button', class: 'file-button', 'aria-label': label, on: { click: download } },
      icon('file'),
      h('span', { class: 'file-words' }, h('span', { class: 'file-name' }, attachment.name), h('span', { class: 'muted' }, size)),
      icon('download')),
    problem)
}
