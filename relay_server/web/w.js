/**
 * Banwen's loader: one script tag puts 「在线咨询」 on a page.
 *   <script async src="https://RELAY/w.js" data-app="APP"></script>
 * Calls may come before it is loaded: (window.banwen ||= []).push(['boot', {token}]). Afterwards the same by name:
 *   banwen.boot({token})     who is signed in: an identity JWT made by the site's server; once per login
 *   banwen.context(token)    where the person is: a context JWT; on each page or field change
 *   banwen.open({intent})    open the window; intent 'human' asks for a person
 *   banwen.close()           fold it away
 *   banwen.shutdown()        the person signed out: forget everything on this computer
 *   banwen.on('need-token', ({kind}) => …)   a fresh token of kind 'identity' or 'context' is wanted
 * The window is an iframe of the relay; no token is ever part of an address.
 */
(() => {
  'use strict'
  const script = document.currentScript
  const relay = new URL(script.src).origin
  const app = script.dataset.app
  const MARK = 'banwen'
  const PATIENCE = 8000
  const early = Array.isArray(window.banwen) ? window.banwen : []
  if (!app || (window.banwen && !Array.isArray(window.banwen))) return

  const listeners = new Map()
  const waiting = []
  let greeted = false
  let open = false
  let signedOut = false

  const STYLE = `
    :host { all: initial; }
    * { box-sizing: border-box; font-family: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif; }
    [hidden] { display: none !important; }
    .button { position: fixed; right: 24px; bottom: 24px; z-index: 2147483000; display: flex; align-items: center; gap: 8px;
      min-height: 52px; padding: 0 20px; border: 0; border-radius: 26px; background: #1257b8; color: #fff; font-size: 17px;
      font-weight: 500; cursor: pointer; box-shadow: 0 6px 20px rgb(11 63 138 / 35%); }
    .button:hover { background: #0b3f8a; }
    .button:focus-visible, .panel button:focus-visible { outline: 3px solid #ffb000; outline-offset: 3px; }
    .button svg { width: 24px; height: 24px; fill: none; stroke: currentcolor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
    .count { min-width: 22px; padding: 0 6px; border-radius: 11px; background: #b3261e; font-size: 14px; line-height: 22px; text-align: center; }
    .panel { position: fixed; right: 24px; bottom: 24px; z-index: 2147483001; width: 400px; height: min(680px, calc(100dvh - 48px));
      border-radius: 14px; overflow: hidden; background: #f3f6fa; box-shadow: 0 12px 48px rgb(10 30 70 / 35%); visibility: hidden;
      opacity: 0; translate: 0 12px; transition: opacity .16s, translate .16s, visibility 0s .16s; }
    .panel.open { visibility: visible; opacity: 1; translate: 0; transition: opacity .16s, translate .16s; }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    .trouble { position: absolute; inset: 0; display: grid; place-content: center; justify-items: center; gap: 12px; padding: 24px;
      background: #f3f6fa; color: #1a2433; font-size: 16px; line-height: 1.6; text-align: center; }
    .trouble strong { font-size: 18px; }
    .trouble p { margin: 0; color: #55627a; }
    .trouble div { display: flex; gap: 10px; }
    .trouble button { min-height: 44px; padding: 0 18px; border: 1px solid #1257b8; border-radius: 8px; background: #1257b8; color: #fff; font-size: 16px; cursor: pointer; }
    .trouble button + button { background: #fff; color: #0b3f8a; }
    @media (max-width: 480px), (max-height: 520px) {
      .panel { inset: 0; width: auto; height: auto; border-radius: 0; }
      .button { right: 16px; bottom: 16px; }
    }
    @media (prefers-reduced-motion: reduce) { .panel, .panel.open { transition: none; translate: 0; } }
    @media print { :host { display: none; } }`

  /** Return an element; text only ever becomes text. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    element.append(...children)
    return element
  }

  function chatIcon() {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    svg.setAttribute('viewBox', '0 0 24 24')
    svg.setAttribute('aria-hidden', 'true')
    for (const d of ['M5 5h14a1.500 1.500 0 0 1 1.500 1.500v9A1.500 1.500 0 0 1 19 17h-7l-4.500 3.500V17H5a1.500 1.500 0 0 1-1.500-1.500v-9A1.500 1.500 0 0 1 5 5Z', 'M8 9.500h8M8 12.500h5']) {
      const path = document.createElementNS(svg.namespaceURI, 'path')
      path.setAttribute('d', d)
      svg.append(path)
    }
    return svg
  }

  const count = make('span', { class: 'count', hidden: '' })
  const button = make('button', { type: 'button', class: 'button', 'aria-expanded': 'false', 'aria-haspopup': 'dialog' }, chatIcon(), '在线咨询', count)
  const frame = make('iframe', { title: '在线咨询', allow: 'clipboard-write; microphone', referrerpolicy: 'no-referrer' })
  const again = make('button', { type: 'button' }, '重试')
  const fold = make('button', { type: 'button' }, '收起')
  const trouble = make('section', { class: 'trouble', role: 'alert', hidden: '' },
    make('strong', {}, '暂时连不上咨询服务'),
    make('p', {}, '请检查网络后重试，或拨打 12366 纳税缴费服务热线。'),
    make('div', {}, again, fold))
  const panel = make('div', { class: 'panel', role: 'dialog', 'aria-label': '在线咨询', inert: '' }, frame, trouble)

  function mount() {
    const home = make('banwen-widget')
    const root = home.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet() // a site's policy may forbid style elements; this is none
    sheet.replaceSync(STYLE)
    root.adoptedStyleSheets = [sheet]
    root.append(button, panel)
    load() // before the frame is on the page: an empty frame would report itself loaded
    document.body.append(home)
  }

  let patience = 0

  function load() {
    greeted = false
    trouble.hidden = true
    frame.src = `${relay}/widget?app=${encodeURIComponent(app)}`
    clearTimeout(patience)
    patience = setTimeout(() => { trouble.hidden = greeted }, PATIENCE)
  }

  function post(message) {
    frame.contentWindow.postMessage({ [MARK]: 1, ...message }, relay)
  }

  /** Deliver now, or when the window has answered the greeting; of several places only the newest counts. */
  function tell(message) {
    if (greeted) return post(message)
    const same = waiting.findIndex((other) => other.type === message.type)
    if (same >= 0) waiting.splice(same, 1)
    return waiting.push(message)
  }

  function show({ intent = '', focus = true } = {}) {
    open = true
    panel.classList.add('open')
    panel.inert = false
    button.hidden = true
    button.setAttribute('aria-expanded', 'true')
    if (focus) frame.focus({ preventScroll: true })
    tell({ type: 'open', intent })
  }

  function hide() {
    if (!open) return
    open = false
    panel.classList.remove('open')
    panel.inert = true
    button.hidden = false
    button.setAttribute('aria-expanded', 'false')
    button.focus({ preventScroll: true })
    tell({ type: 'close' })
  }

  function showCount(number) {
    count.hidden = !(number > 0)
    count.textContent = number > 99 ? '99+' : String(number)
    button.setAttribute('aria-label', number > 0 ? `在线咨询，${number} 条未读消息` : '在线咨询')
  }

  const hears = new Map(Object.entries({
    ready() {
      greeted = true
      trouble.hidden = true
      clearTimeout(patience)
      for (const message of waiting.splice(0)) post(message)
    },
    show: () => !open && !signedOut && show({ focus: false }), // it was open on the page before this one
    hide,
    unread: ({ count: number }) => showCount(Number(number)),
    'need-token': ({ kind }) => (listeners.get('need-token') ?? []).forEach((listener) => listener({ kind })),
  }))

  window.addEventListener('message', (event) => {
    if (event.source !== frame.contentWindow || event.origin !== relay || event.data?.[MARK] !== 1) return
    hears.get(event.data.type)?.(event.data)
  })
  frame.addEventListener('load', () => post({ type: 'hello' }))
  button.addEventListener('click', () => show())
  again.addEventListener('click', load)
  fold.addEventListener('click', hide)
  panel.addEventListener('keydown', (event) => event.key === 'Escape' && hide())
  const tellFocus = () => greeted && post({ type: 'focus', focused: document.hasFocus() })
  window.addEventListener('focus', tellFocus)
  window.addEventListener('blur', tellFocus)

  const banwen = {
    boot: ({ token }) => { tell({ type: 'boot', token }) },
    context: (token) => { tell({ type: 'context', token }) },
    open: ({ intent } = {}) => show({ intent }),
    close: hide,
    shutdown: () => {
      signedOut = true
      waiting.length = 0
      hide()
      showCount(0)
      tell({ type: 'shutdown' })
    },
    on: (name, listener) => { listeners.set(name, [...(listeners.get(name) ?? []), listener]) },
    push: (...calls) => calls.forEach(([name, ...values]) => Object.hasOwn(banwen, name) && banwen[name](...values)),
  }
  window.banwen = banwen

  function begin() {
    mount()
    banwen.push(...early)
  }
  if (document.body) begin()
  else document.addEventListener('DOMContentLoaded', begin)
})()
