/** What is not conversation: the link's state, full-page messages with the way out, questions before something final. */

import { isServed } from '../core/state.js'
import { say } from '../texts.js'
import { h, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

/** One calm line while the link is away; the peer's absence is told here too. */
export class StatusLine extends HTMLElement {
  connectedCallback() {
    this.setAttribute('role', 'status')
  }

  update({ link, consultation, online, problem, screen }) {
    const words = problem || (screen ? '' : lineFor(link, consultation, online))
    this.classList.toggle('problem-line', !!problem)
    this.hidden = !words
    renderOnce(this, words, () => (words ? [h('span', { class: 'pulse', 'aria-hidden': 'true' }), h('span', {}, words)] : []))
  }
}

function lineFor(link, consultation, online) {
  if (link === 'away') return say(online ? 'link_reconnecting' : 'link_offline')
  return isServed(consultation) && !consultation.peerOnline ? say('peer_offline') : ''
}

// What each full-page message shows, and what its button wishes for.
const SCREENS = {
  starting: { title: 'starting' },
  unreachable: { symbol: 'warning', title: 'unreachable_title', text: 'unreachable_text', button: 'try_now', wish: 'retry-start' },
  expired: { symbol: 'shield', title: 'expired_title', text: 'expired_text', button: 'restart', wish: 'restart' },
  expired_anonymous: { symbol: 'shield', title: 'expired_title', text: 'expired_anonymous_text', button: 'restart', wish: 'restart' },
  version: { symbol: 'warning', title: 'version_title', text: 'version_text', button: 'reload', wish: 'reload' },
  refused: { symbol: 'warning', title: 'refused_title', button: 'try_now', wish: 'retry-start' },
  blocked: { symbol: 'shield', title: 'blocked_title' },
  forgotten: { symbol: 'check', title: 'forgotten_title', text: 'forgotten_text', button: 'restart', wish: 'restart' },
}

export class Screen extends HTMLElement {
  /** `screen` is a name of `SCREENS` or null; `message` stands in for a sentence of its own. */
  update({ screen, message }) {
    this.hidden = !screen
    renderOnce(this, `${screen}${message}`, () => (screen ? [this.#draw(SCREENS[screen], message)] : []))
  }

  #draw({ symbol, title, text, button, wish: name }, message) {
    return h('section', { class: 'screen', role: 'status' },
      symbol ? icon(symbol) : h('span', { class: 'spinner', 'aria-hidden': 'true' }),
      h('h2', {}, say(title)),
      (message || text) && h('p', {}, message || say(text)),
      button && h('button', { type: 'button', class: 'button primary', on: { click: () => wish(this, name) } }, say(button)))
  }
}

/** Ask before something final; resolve to whether the person agreed. */
export function confirmInDialog(question, agree) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-question' },
      h('form', { method: 'dialog' },
        h('p', { id: 'dialog-question' }, question),
        h('div', { class: 'buttons' },
          h('button', { value: 'yes', class: 'button primary' }, agree),
          h('button', { value: 'no', class: 'button secondary initial' }, say('keep_talking')))))
    openDialog(dialog, () => resolve(dialog.returnValue === 'yes'))
  })
}

/** Show a picture as large as the window allows: the small one at once, the `whole` (a promise of its address) when it is there. */
export function showPicture({ address, label, attachment, whole }, download) {
  const image = h('img', { src: address, alt: label })
  const problem = h('p', { class: 'problem', role: 'alert' })
  whole.then((found) => { image.src = found }, () => { problem.textContent = say('download_failed') })
  const dialog = h('dialog', { class: 'lightbox', 'aria-label': label },
    image, problem,
    h('form', { method: 'dialog', class: 'buttons' },
      h('button', { type: 'button', class: 'button secondary', on: { click: () => download(attachment) } }, icon('download'), say('download')),
      h('button', { class: 'button primary initial' }, say('close'))))
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
  openDialog(dialog, () => {})
}

function openDialog(dialog, done) {
  document.body.append(dialog)
  dialog.addEventListener('keydown', (event) => event.key === 'Escape' && event.stopPropagation())
  dialog.addEventListener('close', () => {
    dialog.remove()
    done()
  })
  dialog.showModal()
  dialog.querySelector('.initial').focus()
}

customElements.define('bw-status', StatusLine)
customElements.define('bw-screen', Screen)
