/** The page's composition root: the only module that knows views, services and adapters by name. */

import { Host, sessionFromOpener, shareSessionWith } from './adapters/host.js'
import { Recorder } from './adapters/recorder.js'
import { Memory } from './adapters/storage.js'
import { currentOf, isOpen } from './core/state.js'
import { Reading } from './services/reading.js'
import { Recording } from './services/recording.js'
import { Visit } from './services/visit.js'
import { say } from './texts.js'
import './views/assist.js'
import './views/composer.js'
import './views/evaluation.js'
import './views/header.js'
import { confirmInDialog, showPicture } from './views/notices.js'
import './views/locality.js'
import './views/queue.js'
import './views/recorder.js'
import './views/service.js'
import './views/side.js'
import './views/transcript.js'
import './views/word.js'

const mode = document.body.dataset.mode // widget | page
const app = new URLSearchParams(location.search).get('app') ?? ''
const memory = new Memory(app)
const silent = { tell() {} }
const view = (name) => document.querySelector(`bw-${name}`)
const views = ['screen', 'header', 'context', 'status', 'transcript', 'service', 'queue', 'locality', 'word', 'assist', 'ending', 'recorder', 'composer', 'side'].map(view).filter(Boolean)

const host = mode === 'widget' ? new Host(hear) : silent
const visit = new Visit({ app, memory, host, embedded: mode === 'widget' })
const reading = new Reading({
  store: visit.store, memory,
  say: (message) => visit.wire?.say(message),
  tellUnread: (count) => host.tell('unread', { count }),
})
const recording = new Recording({
  set: (value) => visit.store.set({ recording: value }),
  makeRecorder: () => new Recorder(),
  send: (file) => visit.outgoing.file(file, null),
  clock: () => visit.clock(),
})
const openPage = shareSessionWith(() => visit.session.stored)
let panelOpen = mode === 'page'
let hostFocused = false
visit.onLive = () => reading.repeat()
visit.onLeft = () => {
  recording.cancel()
  view('composer').clear()
}

/** What the embedding page says, and nothing it does not say. */
function hear({ type, token, intent, focused }) {
  const hears = new Map(Object.entries({
    hello: () => greet(),
    boot: () => visit.identify(String(token)),
    context: () => visit.place(String(token)),
    open: () => openPanel(intent),
    close: () => closePanel(),
    shutdown: () => leave(),
    focus: () => look({ host: focused === true }),
  }))
  hears.get(type)?.()
}

function greet() {
  host.tell('ready')
  if (memory.read('tab', 'open')) host.tell('show')
}

function openPanel(intent) {
  panelOpen = true
  memory.write('tab', 'open', true)
  if (visit.store.value.screen === 'forgotten') visit.store.set({ screen: null })
  visit.want()
  if (intent === 'human') visit.askHuman()
  view('transcript').toBottom()
  if (document.hasFocus()) focusPlace()
  look({})
}

function closePanel() {
  panelOpen = false
  memory.forget('tab', 'open')
  look({})
}

function leave() {
  closePanel()
  visit.leave()
  host.tell('hide')
}

function look({ host: focused = hostFocused }) {
  hostFocused = focused
  reading.look(panelOpen && document.visibilityState === 'visible' && (document.hasFocus() || hostFocused))
}

/** Where the keyboard goes when the panel opens: the words to write, or what is asked of the person. */
function focusPlace() {
  const heading = view('ending').querySelector('h2')
  const place = view('composer').hidden ? heading ?? view('header').querySelector('button') : view('composer').box
  place?.focus({ preventScroll: true })
}

const wishes = {
  'send-text': ({ text }) => sendText(text),
  quote: ({ detail }) => setQuote(detail),
  'drop-quote': () => setQuote(null),
  recall: ({ detail }) => visit.request('RecallMessage', detail),
  'send-file': ({ file, preview }) => visit.outgoing.file(file, preview),
  choose: ({ text, entry }) => choose(text, entry),
  retry: ({ clientId }) => visit.outgoing.retry(clientId),
  discard: ({ clientId }) => visit.outgoing.discard(clientId),
  draft: ({ text }) => memory.write('tab', 'draft', text),
  typing: () => visit.typing(),
  'ask-human': ({ office }) => visit.askHuman(office),
  'step-away': () => visit.request('StepAway'),
  'come-back': () => visit.comeBack(),
  'open-form': ({ kind }) => visit.openForm(kind),
  'close-form': () => closeForm(),
  'send-word': ({ kind, ...fields }) => visit.leaveWord(kind, fields),
  'record-start': () => recording.start(),
  'record-stop': () => recording.stop(),
  'record-cancel': () => stopRecording(() => recording.cancel()),
  'record-send': () => stopRecording(() => recording.sendIt()),
  'still-here': () => visit.outgoing.text(say('still_here')),
  'leave-queue': () => visit.request('LeaveQueue'),
  'renew-assist': ({ id }) => visit.submit({ type: 'RenewInvitation', assist: id }),
  'decline-assist': ({ id }) => visit.submit({ type: 'DeclineAssist', assist: id }),
  evaluate: ({ level, reasons, text }) => visit.evaluate({ level, reasons, text }),
  'skip-evaluation': () => visit.store.set({ skipped: true }),
  'start-again': () => visit.startAgain(),
  'ask-end': () => ask('end_question', () => visit.request('EndConsultation')),
  'ask-forget': () => ask('forget_question', () => visit.endAndForget()),
  'retry-start': () => (visit.begun ? visit.session.hurry() : visit.begin()),
  restart: () => visit.restart(),
  reload: () => location.reload(),
  'view-image': (picture) => showPicture(picture, visit.files.download),
  minimise: () => host.tell('hide'),
  'open-page': () => openPage(`/chat?app=${encodeURIComponent(app)}`),
  'large-text': () => setLarge(!document.documentElement.hasAttribute('data-large')),
}

// Whoever does one of these is there again.
const ACTS = new Set(['send-text', 'send-file', 'choose', 'typing', 'record-start'])

function obey({ detail }) {
  if (ACTS.has(detail.name)) visit.comeBack()
  wishes[detail.name](detail)
}

function stopRecording(how) {
  how()
  view('composer').focusBox()
}

function closeForm() {
  visit.store.set({ form: null })
  view('composer').focusBox()
}

function sendText(text) {
  visit.outgoing.text(text, { quote: visit.store.value.quoting })
  memory.forget('tab', 'quote')
  visit.store.set({ quoting: null })
}

/** Begin to answer one message; the choice lasts through a reload, like the draft. */
function setQuote(quote) {
  memory.write('tab', 'quote', quote)
  visit.store.set({ quoting: quote })
  view('composer').focusBox()
}

function choose(text, entry) {
  visit.outgoing.text(text, { entry })
  view('composer').focusBox()
}

async function ask(question, act) {
  if (await confirmInDialog(say(question), say('confirm_end'))) act()
}

function setLarge(large) {
  document.documentElement.toggleAttribute('data-large', large)
  memory.write('browser', 'large', large)
  draw()
}

function draw() {
  const value = visit.store.value
  const consultation = currentOf(value.state)
  const away = value.link === 'away'
  const pending = value.state.pending.map((entry) => ({ ...entry, status: statusShown(entry.status, away) }))
  const shown = {
    ...value, consultation, pending, mode,
    now: visit.clock(),
    loading: away,
    online: navigator.onLine,
    large: document.documentElement.hasAttribute('data-large'),
    canSend: !value.screen,
  }
  const writing = view('composer').contains(document.activeElement)
  document.body.dataset.stage = consultation?.stage ?? 'opening'
  document.body.dataset.link = value.link
  document.body.dataset.form = value.form ? 'open' : ''
  document.body.dataset.assist = consultation?.assist?.invitation ? 'invited' : ''
  view('composer').hidden = !!consultation && !isOpen(consultation)
  for (const each of views) each.update(shown)
  if (writing && view('composer').hidden) focusPlace()
}

const statusShown = (status, away) => (status === 'early' ? 'sending' : status === 'sending' && away ? 'waiting' : status)

function listen() {
  document.addEventListener('wish', obey)
  visit.store.listen(draw)
  setInterval(draw, 1000) // countdowns and typing run out
  for (const event of ['online', 'offline']) window.addEventListener(event, draw)
  window.addEventListener('focus', () => look({}))
  window.addEventListener('blur', () => look({ host: false }))
  document.addEventListener('visibilitychange', () => look({}))
  window.addEventListener('storage', ({ key, newValue }) => {
    if (key === `${memory.prefix}session` && newValue === null && visit.wire) visit.leave('forgotten')
  })
  document.addEventListener('keydown', (event) => event.key === 'Escape' && !event.isComposing && host.tell('hide'))
  listenForDrops()
}

function listenForDrops() {
  const target = document.querySelector('.chat')
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files') && !view('composer').hidden
  target.addEventListener('dragover', (event) => {
    event.preventDefault()
    target.classList.toggle('dropping', carriesFiles(event))
  })
  target.addEventListener('dragleave', (event) => !target.contains(event.relatedTarget) && target.classList.remove('dropping'))
  target.addEventListener('drop', (event) => {
    event.preventDefault()
    target.classList.remove('dropping')
    if (carriesFiles(event)) view('composer').take([...event.dataTransfer.files])
  })
}

async function start() {
  view('transcript').files = visit.files
  document.title = say('app_title')
  setLarge(memory.read('browser', 'large') ?? false)
  view('composer').restore(memory.read('tab', 'draft') ?? '')
  visit.store.set({ quoting: memory.read('tab', 'quote') })
  listen()
  if (mode === 'page') {
    const handed = await sessionFromOpener()
    if (handed) memory.keepInTab()
    if (handed) memory.write('browser', 'session', handed)
    visit.want()
    look({})
  } else if (visit.session.resumable && memory.read('browser', 'consultation')) {
    visit.begin()
  }
}

start()
