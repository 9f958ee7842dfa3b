/** 好差评 after the service: five levels, reasons that fit the level, words if wanted; then a thank-you and a new start. */

import { reasons, say } from '../texts.js'
import { h, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

const LEVELS = [5, 4, 3, 2, 1]
const WORDS_LIMIT = 500

export class Ending extends HTMLElement {
  update({ consultation, skipped, evaluating }) {
    const over = ['finished', 'closed'].includes(consultation?.stage)
    this.hidden = !over
    if (!over) return renderOnce(this, 'open', () => [])
    const face = consultation.evaluation ? 'thanks' : skipped ? 'ended' : 'form'
    const drawn = renderOnce(this, `${consultation.id}${face}`, () => this.#draw(face, consultation))
    if (this.submit) this.submit.disabled = evaluating
    return drawn
  }

  #draw(face, consultation) {
    this.submit = null
    if (face === 'form') return this.#form()
    const thanks = face === 'thanks'
    return h('section', { class: 'panel ending' },
      h('h2', { tabindex: '-1' }, icon('check'), say(thanks ? 'evaluation_thanks' : 'status_finished')),
      h('p', {}, thanks ? say('evaluation_thanks_text', { level: say(`level_${consultation.evaluation.level}`) }) : say('ended_text')),
      h('div', { class: 'buttons' }, this.#again()))
  }

  #form() {
    this.level = 0
    this.reasonBox = h('fieldset', { class: 'reasons', hidden: true })
    this.problem = h('p', { class: 'problem', role: 'alert' })
    this.words = h('textarea', { id: 'evaluation-text', rows: '2', maxlength: WORDS_LIMIT })
    this.submit = h('button', { type: 'submit', class: 'button primary' }, say('evaluation_send'))
    const send = (event) => {
      event.preventDefault()
      this.#send()
    }
    return h('form', { class: 'panel evaluation', on: { submit: send } },
      h('h2', { tabindex: '-1', id: 'evaluation-title' }, say('evaluation_title')),
      h('p', { class: 'muted' }, say('evaluation_hint')),
      h('fieldset', { class: 'levels', 'aria-labelledby': 'evaluation-title' }, LEVELS.map((level) => this.#levelChoice(level))),
      this.reasonBox,
      h('label', { for: 'evaluation-text' }, say('evaluation_text')), this.words, this.problem,
      h('div', { class: 'buttons' }, this.submit,
        h('button', { type: 'button', class: 'button secondary', on: { click: () => wish(this, 'skip-evaluation') } }, say('evaluation_skip'))))
  }

  #levelChoice(level) {
    const id = `level-${level}`
    const choose = () => this.#choose(level)
    return h('span', { class: `level level-${level}` },
      h('input', { type: 'radio', name: 'level', id, value: String(level), on: { change: choose } }),
      h('label', { for: id }, face(level), h('span', {}, breakable(say(`level_${level}`)))))
  }

  #choose(level) {
    this.level = level
    this.problem.textContent = ''
    this.reasonBox.hidden = false
    renderOnce(this.reasonBox, reasons[level].join(), () => [
      h('legend', {}, say(level >= 4 ? 'reasons_good' : 'reasons_bad')),
      ...reasons[level].map((reason, index) => h('span', { class: 'reason' },
        h('input', { type: 'checkbox', id: `reason-${index}`, value: reason }), h('label', { for: `reason-${index}` }, reason))),
    ])
  }

  #send() {
    if (!this.level) {
      this.problem.textContent = say('evaluation_choose')
      return
    }
    const chosen = [...this.reasonBox.querySelectorAll('input:checked')].map((box) => box.value)
    wish(this, 'evaluate', { level: this.level, reasons: chosen, text: this.words.value.trim() })
  }

  #again() {
    return h('button', { type: 'button', class: 'button primary', on: { click: () => wish(this, 'start-again') } }, say('again'))
  }
}

/** Let a level's name break after its adverb, where a reader would. */
const breakable = (name) => name.split(/(?<=非常|基本)/).flatMap((part, index) => (index ? [h('wbr'), part] : [part]))

/** Five faces, drawn as a mouth that bends with the level. */
function face(level) {
  const bend = { 5: 4.5, 4: 2.5, 3: 0, 2: -2.5, 1: -4.5 }[level]
  const middle = 15.5
  const svg = icon('check')
  svg.setAttribute('class', 'icon level-face')
  const paths = ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z', 'M9 9.8h.01M15 9.8h.01', `M8.500 ${middle - bend / 3} Q12 ${middle + bend} 15.500 ${middle - bend / 3}`]
  svg.replaceChildren(...paths.map((d) => {
    const path = document.createElementNS(svg.namespaceURI, 'path')
    path.setAttribute('d', d)
    return path
  }))
  return svg
}

customElements.define('bw-ending', Ending)
