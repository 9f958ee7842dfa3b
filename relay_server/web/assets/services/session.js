/** Who is asking: gets a session from the relay and keeps trying while it cannot be reached, without anybody's click. */

import { openSession } from '../adapters/http.js'

const FIRST_PAUSE = 1
const LONGEST_PAUSE = 20
const IDENTITY_PATIENCE = 10000
const NAMING_PATIENCE = 5000
const LAST_MINUTE = 60
// An identity that does not hold any more, or was used before: the site can make another.
const STALE = new Set(['unauthenticated', 'conflict'])

export class SessionKeeper {
  /**
   * `askIdentity()` asks the embedding page for a fresh identity token; `show(screen, message)` tells the person what is
   * going on, `show(null)` that all is well.
   */
  constructor({ app, memory, askIdentity, show }) {
    Object.assign(this, { app, memory, askIdentity, show })
    this.identity = null
    this.attempt = 0
    this.wake = () => {}
  }

  get stored() {
    return this.memory.read('browser', 'session')
  }

  /** The site said who it is; a token serves once. */
  identify(token) {
    this.identity = token
    this.identified = true
    this.wake()
  }

  /** Whether a session kept here may be used now: an identified person's only after the site named them again. */
  get resumable() {
    return !!this.stored && (this.stored.taxpayer.assurance === 'anonymous' || !!this.identified)
  }

  /**
   * Whether the session kept here belongs to whoever sits here now. An embedding site must have named the person again:
   * at a shared computer the next one may never see the last one's words.
   */
  async belongsHere() {
    if (!this.stored || this.resumable) return true
    this.askIdentity()
    await this.#sleep(NAMING_PATIENCE)
    return this.resumable
  }

  /** Return a session, however long it takes; null when the relay refused for good, or a newer attempt began. */
  async open({ fresh = false } = {}) {
    const attempt = ++this.attempt
    if (fresh) this.memory.forgetPerson()
    if (!this.identity && this.#stillGood(this.stored)) return this.#adopt(this.stored)
    for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
      const identity = this.identity
      this.identity = null
      const outcome = await openSession(this.app, identity, this.stored?.token ?? null).catch((error) => error)
      if (attempt !== this.attempt) return null
      if (!(outcome instanceof Error)) return this.#adopt(outcome)
      if (outcome.passing) {
        this.identity ??= identity
        this.show('unreachable')
        await this.#sleep(pause * 1000 * (0.5 + Math.random() / 2))
      } else if (!STALE.has(outcome.code) || !(await this.#freshIdentity())) {
        if (attempt === this.attempt) this.show(...(STALE.has(outcome.code) ? ['expired'] : ['refused', outcome.message]))
        return null
      }
    }
  }

  /** Try at once. */
  hurry() {
    this.wake()
  }

  /** Stop trying. */
  cancel() {
    this.attempt += 1
    this.identity = null
    this.identified = false
    this.wake()
  }

  #stillGood(session) {
    return !!session && session.expires_at - LAST_MINUTE > Date.now() / 1000
  }

  #adopt(session) {
    const before = this.stored
    if (before && before.taxpayer.id !== session.taxpayer.id) this.memory.forgetPerson()
    this.memory.write('browser', 'session', session)
    this.show(null)
    return session
  }

  async #freshIdentity() {
    this.askIdentity()
    if (!this.identity) await this.#sleep(IDENTITY_PATIENCE)
    return this.identity !== null
  }

  #sleep(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
