/** What the page remembers in this browser: the session, the consultation on the screen, and what is not sent yet. */

/** A place of the browser that may be forbidden (private windows, blocked third-party storage): then memory stands in. */
function shelf(name) {
  const memory = new Map()
  const inMemory = {
    getItem: (key) => memory.get(key) ?? null,
    setItem: (key, value) => memory.set(key, value),
    removeItem: (key) => memory.delete(key),
  }
  try {
    const real = window[name]
    real.setItem('banwen:probe', '1')
    real.removeItem('banwen:probe')
    return real
  } catch {
    return inMemory
  }
}

/** `browser` values are shared by all tabs; `tab` values survive a reload of this tab only. */
export class Memory {
  constructor(app) {
    this.prefix = `banwen:${app}:`
    this.shelves = { browser: shelf('localStorage'), tab: shelf('sessionStorage') }
  }

  /** Leave no trace beyond this tab: what was handed to it by another window is not kept for the next visit. */
  keepInTab() {
    this.shelves.browser = this.shelves.tab
  }

  read(place, key) {
    const text = this.shelves[place].getItem(this.prefix + key)
    if (text === null) return null
    try {
      return JSON.parse(text)
    } catch {
      return null // written by a version we no longer understand
    }
  }

  write(place, key, value) {
    try {
      this.shelves[place].setItem(this.prefix + key, JSON.stringify(value))
    } catch {
      // a full disk must not stop a conversation
    }
  }

  forget(place, key) {
    this.shelves[place].removeItem(this.prefix + key)
  }

  /** Forget the person; how the window looks (open, large type) stays. */
  forgetPerson() {
    for (const key of ['session', 'consultation']) this.forget('browser', key)
    for (const key of ['outbox', 'uploads', 'draft', 'quote', 'read']) this.forget('tab', key)
  }
}
