/** One calm line about the service: it waits for the taxpayer, or will end unless they say that they are there. */

import { say } from '../texts.js'
import { countdownText, h, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

export class ServiceLine extends HTMLElement {
  update({ consultation, now }) {
    const face = faceOf(consultation)
    this.hidden = !face
    renderOnce(this, face, () => (face ? [FACES[face](this)] : []))
    if (face === 'idle') this.#count(consultation.remindedUntil - now)
  }

  /** The seconds move without being read aloud every time. */
  #count(seconds) {
    this.querySelector('.countdown').textContent = say('idle_text', { time: countdownText(seconds) })
  }
}

function faceOf(consultation) {
  if (consultation?.stage === 'held') return 'held'
  return consultation?.stage === 'active' && consultation.remindedUntil ? 'idle' : ''
}

const FACES = {
  held: () => h('section', { class: 'panel service held', role: 'status' },
    h('h2', {}, icon('clock'), say('held_title')), h('p', {}, say('held_text'))),
  idle: (line) => h('section', { class: 'panel service idle', 'aria-labelledby': 'idle-title' },
    h('h2', { id: 'idle-title', role: 'alert' }, icon('clock'), say('idle_title')),
    h('p', { class: 'countdown', role: 'timer', 'aria-live': 'off' }),
    h('button', { type: 'button', class: 'button primary big', on: { click: () => wish(line, 'still-here') } }, say('still_here'))),
}

customElements.define('bw-service', ServiceLine)
