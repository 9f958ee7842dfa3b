/** What every page of the sample site does: say who is signed in and where, show errors, and keep the widget told. */

const SETTLE = 500
const { page, signedIn } = document.body.dataset
window.banwen ||= []

/** Ask our own server for a token; it signs, the browser only carries. */
async function token(path, body = {}) {
  const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  return response.ok ? (await response.json()).token : null
}

async function boot() {
  const identity = await token('/api/identity')
  if (identity) window.banwen.push(['boot', { token: identity }])
}

let place = { error: '', elements: {} }
let timer = 0

async function send() {
  const context = await token('/api/context', { page, ...place })
  if (context) window.banwen.push(['context', context])
}

/** Say where the person is now; a burst of changes is told once. `elements` are values an agent may need to see. */
export function report(change, soon = SETTLE) {
  place = { ...place, ...change }
  clearTimeout(timer)
  timer = setTimeout(send, soon)
}

const alertBox = document.getElementById('alert')

/** Show an error with its code, mark the field, and let the agent see it too; `null` clears it. */
export function showError(problem) {
  for (const field of document.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid')
  alertBox.hidden = !problem
  alertBox.classList.remove('done')
  if (problem) {
    alertBox.replaceChildren(words('strong', `${problem.code} ${problem.title}`), words('span', problem.text))
    const field = document.getElementById(problem.field)
    field?.setAttribute('aria-invalid', 'true')
    field?.focus()
    alertBox.scrollIntoView({ block: 'nearest' })
  }
  report({ error: problem ? `${problem.code} ${problem.title}` : '' }, 0)
}

/** Show that it worked. */
export function showDone(title, text) {
  showError(null)
  alertBox.hidden = false
  alertBox.classList.add('done')
  alertBox.replaceChildren(words('strong', title), words('span', text))
}

function words(tag, text) {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}

/** Return an amount of money typed by a person: a number, or NaN. Empty means zero. */
export const money = (text) => Number(text.replaceAll(',', '').trim() || '0')

/** Return an amount as 1,234.50. */
export const moneyText = (value) => value.toLocaleString('zh-CN', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

for (const link of document.querySelectorAll('[data-for]')) if (link.dataset.for === page) link.setAttribute('aria-current', 'page')

if (signedIn === 'yes') {
  window.banwen.push(['on', 'need-token', ({ kind }) => (kind === 'identity' ? boot() : send())])
  boot()
  report({}, 0)
} else {
  window.banwen.push(['shutdown'])
}
