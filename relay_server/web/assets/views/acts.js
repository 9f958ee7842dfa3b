/** What can be done with one message: answer it, or take an own one back while that is allowed. Mouse and keyboard. */

import { say } from '../texts.js'
import { h, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

export const RECALL_SECONDS = 120

export class MessageActs {
  constructor() {
    this.items = h('div', { class: 'menu-items' })
    this.summary = h('summary', { class: 'icon-button', title: say('menu') }, icon('more'))
    this.element = h('details', { class: 'acts' }, this.summary, this.items)
    this.element.addEventListener('keydown', (event) => this.#key(event))
    this.element.addEventListener('focusout', (event) => !this.element.contains(event.relatedTarget) && (this.element.open = false))
    this.element.addEventListener('toggle', () => this.element.open && this.#shown())
  }

  /** `line` is a message; `acts` says what its reader may do: `{quote, recall}`. */
  update(line, { quote, recall }) {
    this.element.hidden = !quote && !recall
    const excerpt = excerptOf(line.body)
    renderOnce(this.items, `${quote}${recall}${line.seq}${excerpt}`, () => [
      quote && this.#item('quote', { seq: line.seq, sender: { side: line.side, name: line.name }, excerpt }),
      recall && this.#item('recall', { seq: line.seq }),
    ])
    this.summary.setAttribute('aria-label', say('message_menu', { excerpt }))
  }

  open() {
    this.element.open = true
  }

  /** The keyboard goes to the first act, and the whole menu into view. */
  #shown() {
    this.items.firstElementChild?.focus({ preventScroll: true })
    this.items.scrollIntoView({ block: 'nearest' })
  }

  #item(name, detail) {
    const act = () => {
      this.element.open = false
      wish(this.element, name, { detail })
    }
    return h('button', { type: 'button', class: 'menu-item', on: { click: act } }, say(name))
  }

  #key(event) {
    const items = [...this.items.children]
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key === 'Escape' && this.element.open) {
      event.stopPropagation()
      this.element.open = false
      this.summary.focus()
    } else if (step && this.element.open) {
      event.preventDefault()
      items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus()
    }
  }
}

const EXCERPT = 60
const EXCERPTS = {
  Text: ({ text }) => text,
  Notice: ({ text }) => text,
  Answer: ({ title }) => title,
  Choices: ({ text }) => text,
  NoAnswer: ({ text }) => text,
  Image: () => say('excerpt_image'),
  File: ({ attachment }) => attachment.name,
  Voice: () => say('excerpt_voice'),
}

/** How a message begins, in one line. */
export const excerptOf = (body) => (EXCERPTS[body?.type]?.(body) ?? '').slice(0, EXCERPT)
