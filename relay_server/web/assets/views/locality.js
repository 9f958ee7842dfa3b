/** 选择主管税务机关: a list one can search, when nothing says which office is competent. */

import { say } from '../texts.js'
import { h, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

export class LocalityPanel extends HTMLElement {
  update({ consultation, asking }) {
    const choices = consultation?.stage === 'bot' ? consultation.choices : null
    this.hidden = !choices
    const drawn = renderOnce(this, choices ? JSON.stringify(choices) : '', () => (choices ? [this.#draw(choices)] : []))
    if (!choices) return
    this.list.inert = asking
    if (drawn) this.search.focus()
  }

  #draw(choices) {
    this.search = h('input', { id: 'locality-search', type: 'search', autocomplete: 'off', placeholder: say('locality_search'), on: { input: () => this.#filter(choices) } })
    this.list = h('ul', { class: 'offices' })
    this.count = h('p', { class: 'muted small', role: 'status' })
    this.search.addEventListener('keydown', (event) => this.#key(event))
    this.list.addEventListener('keydown', (event) => this.#key(event))
    this.#filter(choices)
    return h('section', { class: 'panel locality', 'aria-labelledby': 'locality-title' },
      h('h2', { id: 'locality-title' }, icon('place'), say('locality_title')),
      h('p', { class: 'muted small' }, say('locality_hint')),
      h('label', { for: 'locality-search', class: 'hidden-label' }, say('locality_search')), this.search, this.list, this.count)
  }

  #filter(choices) {
    const words = this.search.value.trim()
    const found = choices.filter(({ name }) => name.includes(words))
    this.list.replaceChildren(...found.map((office) => h('li', {}, this.#option(office))))
    this.count.textContent = found.length ? say('locality_count', { count: found.length }) : say('locality_none', { words })
  }

  #option({ code, name }) {
    return h('button', { type: 'button', class: 'option', on: { click: () => wish(this, 'ask-human', { office: code }) } }, name)
  }

  /** Up and down walk from the search through the offices; Enter in the search takes the only one left. */
  #key(event) {
    const options = [...this.list.querySelectorAll('button')]
    if (event.key === 'Enter' && event.target === this.search && !event.isComposing && options.length === 1) options[0].click()
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const place = options.indexOf(document.activeElement) + step
    ;(options[place] ?? this.search).focus()
  }
}

customElements.define('bw-locality', LocalityPanel)
