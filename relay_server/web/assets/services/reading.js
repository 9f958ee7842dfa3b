/** What was received and what a person has looked at: receipts for the agent, a count of unread for the button. */

import { currentOf, unreadAfter } from '../core/state.js'

const GATHER = 250

export class Reading {
  /** `say(message)` sends a receipt; `tellUnread(count)` shows the count. Read means visible and focused, nothing less. */
  constructor({ store, memory, say, tellUnread }) {
    Object.assign(this, { store, memory, say, tellUnread })
    this.looking = false
    this.marks = memory.read('tab', 'read') ?? {}
    this.sent = ''
    this.timer = 0
    store.listen(() => this.#soon())
  }

  /** Whether a person looks at the conversation now. */
  look(looking) {
    if (looking === this.looking) return
    this.looking = looking
    this.#soon()
  }

  /** After a reconnect the relay hears it again. */
  repeat() {
    this.sent = ''
    this.#soon()
  }

  #soon() {
    this.timer ||= setTimeout(() => {
      this.timer = 0
      this.#mark()
    }, GATHER)
  }

  #mark() {
    const consultation = currentOf(this.store.value.state)
    if (!consultation) return
    const { id, lastSeq } = consultation
    if (this.looking && lastSeq > (this.marks[id] ?? 0)) {
      this.marks = { [id]: lastSeq }
      this.memory.write('tab', 'read', this.marks)
    }
    this.#tell(id, lastSeq, this.marks[id] ?? 0)
    this.tellUnread(unreadAfter(consultation, this.marks[id] ?? 0))
  }

  #tell(id, delivered, read) {
    const key = `${id}|${delivered}|${read}`
    if (!delivered || key === this.sent || this.store.value.link !== 'live') return
    this.sent = key
    this.say({ type: 'MarkSeen', consultation: id, delivered, read })
  }
}
