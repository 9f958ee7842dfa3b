/** A voice message: one button that plays and stops it, how long it is, and how far it has come. */

import { say } from '../texts.js'
import { countdownText, h } from './dom.js'
import { icon } from './icons.js'

let playing = null // one voice at a time

export class VoicePlayer {
  /** `seconds` is the length; `files` fetches the recording when somebody wants to hear it. */
  constructor({ attachment, seconds }, files, who) {
    Object.assign(this, { attachment, files })
    this.seconds = seconds || attachment.seconds
    this.label = say('voice_play', { who, seconds: Math.max(1, Math.round(this.seconds)) })
    this.audio = h('audio', { preload: 'none' })
    this.symbol = h('span', { class: 'voice-symbol' }, icon('play'))
    this.progress = h('progress', { max: this.seconds, value: 0, 'aria-hidden': 'true' })
    this.length = h('span', { class: 'voice-length' }, countdownText(this.seconds))
    this.button = h('button', { type: 'button', class: 'voice', 'aria-label': this.label, on: { click: () => this.#toggle() } }, this.symbol, this.progress, this.length)
    this.problem = h('span', { class: 'problem', role: 'status' })
    this.element = h('div', {}, this.button, this.problem, this.audio)
    this.#listen()
  }

  #listen() {
    this.audio.addEventListener('timeupdate', () => this.#count(this.audio.currentTime))
    this.audio.addEventListener('play', () => this.#show('pause', say('voice_pause')))
    this.audio.addEventListener('pause', () => this.#show('play', this.label))
    this.audio.addEventListener('ended', () => this.#count(0))
  }

  async #toggle() {
    if (!this.audio.paused) return this.audio.pause()
    this.problem.textContent = ''
    this.button.setAttribute('aria-busy', 'true')
    try {
      this.audio.src ||= await this.files.address(this.attachment.id)
      if (playing !== this.audio) playing?.pause()
      playing = this.audio
      await this.audio.play()
    } catch {
      this.audio.removeAttribute('src')
      this.problem.textContent = say('voice_failed')
    }
    return this.button.removeAttribute('aria-busy')
  }

  #count(at) {
    this.progress.value = at
    this.length.textContent = countdownText(this.seconds - at)
  }

  #show(symbol, label) {
    this.symbol.replaceChildren(icon(symbol))
    this.button.setAttribute('aria-label', label)
  }
}
