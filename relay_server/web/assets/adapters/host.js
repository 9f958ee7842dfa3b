/**
 * The widget's talk with the site that embeds it. `frame-ancestors` lets only the app's own sites frame this page, so the
 * parent is one of them; its origin is pinned from its first greeting, and nobody else's messages are heard.
 */

const MARK = 'banwen'

export class Host {
  /** `hear` is called with each message `{type, …}` of the embedding page. */
  constructor(hear) {
    this.origin = null
    this.hear = hear
    window.addEventListener('message', (event) => this.#message(event))
  }

  /** Tell the embedding page something. Nothing is said before its origin is known. */
  tell(type, fields = {}) {
    if (this.origin !== null) window.parent.postMessage({ [MARK]: 1, type, ...fields }, this.origin)
  }

  #message(event) {
    if (window.parent === window || event.source !== window.parent) return
    if (event.data?.[MARK] !== 1 || typeof event.data.type !== 'string' || event.origin === 'null') return
    if (this.origin === null && event.data.type === 'hello') this.origin = event.origin
    if (event.origin !== this.origin) return
    this.hear(event.data)
  }
}

/** Give the session to a full page that this widget opened: same origin, and a window we opened ourselves. */
export function shareSessionWith(getSession) {
  const opened = new WeakSet()
  window.addEventListener('message', (event) => {
    if (event.origin !== location.origin || !opened.has(event.source) || event.data?.[MARK] !== 'session?') return
    opened.delete(event.source)
    event.source.postMessage({ [MARK]: 'session', session: getSession() }, location.origin)
  })
  return (address) => {
    const child = window.open(address, '_blank')
    if (child) opened.add(child)
  }
}

/** Ask the widget that opened this page for its session; null after `patience` milliseconds or without an opener. */
export function sessionFromOpener(patience = 1500) {
  const opener = window.opener
  if (!opener) return Promise.resolve(null)
  return new Promise((resolve) => {
    const finish = (session) => {
      window.removeEventListener('message', listen)
      clearTimeout(timer)
      resolve(session)
    }
    const listen = (event) => {
      if (event.origin === location.origin && event.source === opener && event.data?.[MARK] === 'session') finish(event.data.session)
    }
    const timer = setTimeout(() => finish(null), patience)
    window.addEventListener('message', listen)
    opener.postMessage({ [MARK]: 'session?' }, location.origin)
  })
}
