/** 远程协助 on the page: the invitation with its one-time code, and what the agent sees right now. */

import { say } from '../texts.js'
import { h, renderOnce, wish } from './dom.js'
import { icon } from './icons.js'

const COPIED_FOR = 3000

export class AssistPanel extends HTMLElement {
  update({ consultation, now }) {
    const assist = consultation?.assist ?? null
    const face = assist ? faceOf(assist, now) : 'none'
    this.hidden = face === 'none'
    renderOnce(this, `${assist?.id}|${face}|${assist?.invitation?.code}|${assist?.granted}`, () => this.#draw(face, assist))
    if (face === 'invited') this.#count(assist.invitation.expiresAt - now)
  }

  #draw(face, assist) {
    if (face === 'none') return []
    if (face === 'joined') return [bar('quiet', 'screen', say('assist_joined'))]
    if (face === 'granted') return [grantedBar(assist.granted)]
    return [this.#card(face, assist)]
  }

  #card(face, { agent, scope, id, invitation }) {
    const controls = scope.includes('control')
    return h('section', { class: 'panel assist', 'aria-label': say('assist_title') },
      h('h2', {}, icon('screen'), say(controls ? 'assist_title_control' : 'assist_title')),
      h('p', { class: 'assist-who' }, h('strong', {}, say('assist_who', agent)), h('span', {}, agent.office.name)),
      h('p', { class: 'assist-scope' }, icon('shield'), say(controls ? 'assist_wants_control' : 'assist_wants_view')),
      face === 'invited' ? this.#code(invitation.code) : h('p', { class: 'assist-lost', role: 'status' }, say(face === 'expired' ? 'assist_expired' : 'assist_missing')),
      h('div', { class: 'buttons' },
        face === 'invited' ? this.#copyButton(invitation.code) : h('button', { type: 'button', class: 'button primary', on: { click: () => wish(this, 'renew-assist', { id }) } }, say('assist_renew')),
        h('button', { type: 'button', class: 'button secondary', on: { click: () => wish(this, 'decline-assist', { id }) } }, say('assist_decline'))),
      face === 'invited' && h('p', { class: 'assist-caution' }, icon('warning'), h('span', {}, say('assist_then'), h('strong', {}, say('assist_never_tell')))))
  }

  #code(code) {
    this.remaining = h('p', { class: 'assist-expires muted' })
    return [
      h('p', { class: 'assist-how' }, say('assist_how')),
      h('div', { class: 'assist-code', role: 'group', 'aria-label': `${say('assist_code')} ${[...code.replace(/\W/g, '')].join(' ')}` },
        grouped(code).map((group) => h('span', { 'aria-hidden': 'true' }, group))),
      this.remaining,
    ]
  }

  #copyButton(code) {
    const words = h('span', { 'aria-live': 'polite' }, say('assist_copy'))
    const copy = async () => {
      await writeClipboard(grouped(code).join(' '), this)
      words.textContent = say('assist_copied')
      setTimeout(() => { words.textContent = say('assist_copy') }, COPIED_FOR)
    }
    return h('button', { type: 'button', class: 'button primary', on: { click: copy } }, words)
  }

  #count(seconds) {
    const whole = Math.max(0, Math.ceil(seconds))
    const time = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
    renderOnce(this.remaining, time, () => [say('assist_expires', { time })])
  }
}

/** Which face the panel shows: none, invited, expired, missing, joined, granted. */
function faceOf({ phase, granted, invitation }, now) {
  if (phase === 'granted') return 'granted'
  if (phase === 'joined') return granted.length ? 'granted' : 'joined'
  if (phase !== 'asked') return 'none'
  if (!invitation) return 'missing'
  return invitation.expiresAt > now ? 'invited' : 'expired'
}

const grantedBar = (granted) =>
  bar(granted.includes('control') ? 'alarming' : 'watching', 'screen', say(granted.includes('control') ? 'assist_controlling' : 'assist_watching'), say('assist_stop_hint'))

const bar = (tone, name, ...lines) =>
  h('section', { class: `assist-bar ${tone}`, role: 'status' }, icon(name), h('div', {}, lines.map((line, index) => h(index ? 'span' : 'strong', {}, line))))

/** Return a code in groups of four. */
const grouped = (code) => code.replace(/\W/g, '').match(/.{1,4}/g) ?? []

/** Old browsers and frames without permission for the clipboard still copy a selection. */
async function writeClipboard(text, near) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const box = h('textarea', { class: 'hidden-label', value: text })
    near.append(box)
    box.select()
    document.execCommand('copy')
    box.remove()
  }
}

customElements.define('bw-assist', AssistPanel)
