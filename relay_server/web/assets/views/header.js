/** The bar on top: who speaks with you now, large type, and the way out. */

import { say } from '../texts.js'
import { h, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'
import { contextFacts, factList } from './side.js'

const FACES = { active: 'person', held: 'person', left: 'check', queued: 'headset', offered: 'headset', finished: 'check', closed: 'check' }

export class Header extends HTMLElement {
  connectedCallback() {
    if (this.status) return
    this.face = h('span', { class: 'face' })
    this.status = h('p', { class: 'status', role: 'status' })
    this.large = this.#button('large-text', 'larger_text_on', h('span', { class: 'large-glyph', 'aria-hidden': 'true' }, '大'))
    this.large.setAttribute('aria-pressed', 'false')
    this.page = this.#button('open-page', 'open_page', icon('expand'))
    this.minimise = this.#button('minimise', 'minimise', icon('minimise'))
    this.append(this.face, h('div', { class: 'titles' }, h('h1', {}, say('app_title')), this.status), h('div', { class: 'bar' }, this.large, this.#menu(), this.page, this.minimise))
  }

  update({ consultation, mode, large }) {
    const stage = consultation?.stage ?? 'opening'
    const shown = stage === 'closed' ? 'finished' : stage
    renderOnce(this.face, stage, () => [icon(FACES[stage] ?? 'robot')])
    renderOnce(this.status, `${stage}${consultation?.agent?.name}`, () => [say(`status_${shown}`, { name: agentTitle(consultation) })])
    this.large.setAttribute('aria-pressed', String(large))
    this.large.title = say(large ? 'larger_text_off' : 'larger_text_on')
    this.page.hidden = this.minimise.hidden = mode !== 'widget'
    this.endItem.hidden = !consultation || ['finished', 'closed'].includes(stage)
  }

  #button(name, label, content) {
    return h('button', { type: 'button', class: `icon-button ${name}`, 'aria-label': say(label), title: say(label), on: { click: () => wish(this, name) } }, content)
  }

  #menu() {
    const act = (name) => () => {
      this.details.open = false
      wish(this, name)
    }
    this.endItem = h('button', { type: 'button', class: 'menu-item', on: { click: act('ask-end') } }, say('end'))
    const forget = h('button', { type: 'button', class: 'menu-item', on: { click: act('ask-forget') } },
      h('span', {}, say('end_and_forget')), h('span', { class: 'muted small' }, say('end_and_forget_hint')))
    this.details = h('details', { class: 'menu' },
      h('summary', { class: 'icon-button', 'aria-label': say('menu'), title: say('menu') }, icon('more')),
      h('div', { class: 'menu-items' }, this.endItem, forget))
    this.details.addEventListener('keydown', (event) => this.#closeByKey(event))
    this.details.addEventListener('focusout', (event) => {
      if (event.relatedTarget && !this.details.contains(event.relatedTarget)) this.details.open = false
    })
    document.addEventListener('pointerdown', (event) => !this.details.contains(event.target) && (this.details.open = false))
    return this.details
  }

  #closeByKey(event) {
    if (event.key !== 'Escape' || !this.details.open) return
    event.stopPropagation()
    this.details.open = false
    this.details.firstElementChild.focus()
  }
}

const agentTitle = (consultation) => (consultation?.agent ? `${say('agent')} ${consultation.agent.name}` : '')

/** 当前页面: what the e-tax site said about where the taxpayer is; the taxpayer sees exactly what the agent sees. */
export class ContextBar extends HTMLElement {
  update({ consultation }) {
    const context = consultation?.context
    this.hidden = !context
    if (context) renderOnce(this, JSON.stringify(context), () => [this.#draw(context)])
  }

  #draw(context) {
    const open = this.querySelector('details')?.open ?? false
    return h('details', { open },
      h('summary', {}, icon('page'), h('span', { class: 'muted' }, say('context_label')), h('strong', {}, context.page || context.function)),
      h('p', { class: 'muted small' }, say('context_shared')),
      factList(contextFacts(context)))
  }
}

customElements.define('bw-header', Header)
customElements.define('bw-context', ContextBar)
