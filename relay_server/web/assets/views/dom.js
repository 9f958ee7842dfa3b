/** Building elements: text only ever becomes text nodes, so nothing anybody writes can become markup. */

/**
 * Return a new element. `attributes`: `on` is a table of listeners, `class` and ARIA names are attributes, booleans switch
 * attributes on and off; children that are null or false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) set(element, name, value)
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

function set(element, name, value) {
  if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener)
  else if (name in PROPERTIES) element[name] = value
  else if (value === true) element.setAttribute(name, '')
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value))
}

const PROPERTIES = { value: 1, checked: 1, disabled: 1, hidden: 1, htmlFor: 1 }

/** Replace all children, only when `key` differs from last time: what has focus or is being read stays undisturbed. */
export function renderOnce(element, key, build) {
  if (element.renderedKey === key) return false
  element.renderedKey = key
  element.replaceChildren(...[build()].flat().filter(Boolean))
  return true
}

/** Tell the program what the person wants; views decide nothing. */
export const wish = (element, name, detail = {}) =>
  element.dispatchEvent(new CustomEvent('wish', { bubbles: true, composed: true, detail: { name, ...detail } }))

const URL_PATTERN = /https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+[\w\-~/#=&%]/g

/** Return text as nodes, with http(s) addresses as links that give the other site nothing. */
export function linkified(text) {
  const nodes = []
  let end = 0
  for (const match of text.matchAll(URL_PATTERN)) {
    nodes.push(text.slice(end, match.index), link(match[0]))
    end = match.index + match[0].length
  }
  return [...nodes, text.slice(end)].filter((node) => node !== '')
}

const link = (address) => h('a', { href: address, target: '_blank', rel: 'noopener noreferrer nofollow' }, address)

const clock = new Intl.DateTimeFormat('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false })
const dateAndClock = new Intl.DateTimeFormat('zh-CN', {
  month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false,
})

/** Return a time of day; with the date when it was not today. `at` in Unix seconds. */
export function timeText(at) {
  const date = new Date(at * 1000)
  return (date.toDateString() === new Date().toDateString() ? clock : dateAndClock).format(date)
}

// Office hours are told in the office's time, wherever the browser is.
const moment = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai', month: 'long', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false,
})

/** Return a moment to come, such as 11月25日周三 09:00. `at` in Unix seconds. */
export const momentText = (at) => moment.format(new Date(at * 1000))

/** Return a number of seconds as minutes and seconds, such as 9:05. */
export function countdownText(seconds) {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** Return a size such as 1.2 MB. */
export function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
