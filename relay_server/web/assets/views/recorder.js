/** 语音: what a person sees while recording, and before sending what was recorded. */

import { say } from '../texts.js'
import { countdownText, h, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

export class RecorderBar extends HTMLElement {
  update({ recording, now }) {
    this.hidden = !recording
    const key = recording ? `${recording.phase}${recording.note ?? ''}${recording.address ?? ''}` : ''
    const drawn = renderOnce(this, key, () => (recording ? [this.#draw(recording)] : []))
    if (recording?.phase === 'recording') this.querySelector('.recorded').textContent = say('recording', { time: countdownText(now - recording.startedAt) })
    if (drawn && recording) this.querySelector('.primary, .button')?.focus()
  }

  #draw({ phase, seconds, address, note }) {
    return h('section', { class: `panel recorder ${phase}`, 'aria-label': say('record') }, this.#words(phase, seconds, note),
      address && h('audio', { src: address, controls: true, 'aria-label': say('record_listen') }),
      h('div', { class: 'buttons' }, this.#buttons(phase)))
  }

  #words(phase, seconds, note) {
    if (phase === 'failed') return h('p', { role: 'alert', class: 'problem' }, note)
    if (phase === 'asking') return h('p', { role: 'status' }, say('record_asking'))
    if (phase === 'recording') return h('p', { role: 'timer', 'aria-live': 'off' }, h('span', { class: 'pulse', 'aria-hidden': 'true' }), h('span', { class: 'recorded' }))
    return h('p', { role: 'status' }, note, note && ' ', say('record_ready', { time: countdownText(seconds) }))
  }

  #buttons(phase) {
    const act = (name, label, symbol, look) => h('button', { type: 'button', class: `button ${look}`, on: { click: () => wish(this, name) } }, symbol && icon(symbol), say(label))
    const cancel = act('record-cancel', phase === 'failed' ? 'close' : 'record_cancel', null, 'secondary')
    if (phase === 'recording') return [act('record-stop', 'record_stop', 'stop', 'primary'), cancel]
    if (phase === 'ready') return [act('record-send', 'record_send', 'send', 'primary'), cancel]
    return [cancel]
  }
}

customElements.define('bw-recorder', RecorderBar)
