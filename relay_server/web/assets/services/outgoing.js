/** Own messages on their way: shown at once, uploaded and posted until the relay has them, corrected by their event. */

import { upload } from '../adapters/http.js'
import { newId } from '../core/ids.js'
import { addPending, changePending, settle } from '../core/state.js'
import { say } from '../texts.js'

// Trying the same file again cannot help.
const HOPELESS = new Set(['forbidden_type', 'too_large', 'bad_input', 'gone'])

const refused = ({ code, message }) => ({ status: 'failed', problem: message, retryable: !HOPELESS.has(code) })

/** What an upload turned out to be, as the relay found it. */
function bodyOf(attachment) {
  const [family] = attachment.media_type.split('/')
  if (family === 'audio') return { type: 'Voice', attachment, seconds: attachment.seconds }
  return { type: family === 'image' ? 'Image' : 'File', attachment }
}

export class Outgoing {
  /** `visit` lends `store`, `memory`, `files`, `submit(message)`, `token()`, `consultationId()` and `clock()`. */
  constructor(visit) {
    this.visit = visit
  }

  /** Say words; `entry` names the suggestion they came from, `quote` (as events have it) the message they answer. */
  text(text, { entry = null, quote = null } = {}) {
    this.#begin({ body: { type: 'Text', text, ...(entry ? { entry } : {}) }, quote })
  }

  /** Send a file of this computer. */
  file(file, preview) {
    this.#begin({ file, preview, progress: 0 })
  }

  /** Messages written before there was a consultation go out now, and uploads the network stopped go on. */
  resume() {
    for (const entry of this.#pending()) if (['early', 'waiting'].includes(entry.status)) this.#go(entry.clientId)
  }

  retry(clientId) {
    this.#go(clientId)
  }

  discard(clientId) {
    this.#change((state) => settle(state, clientId))
    this.#rememberUploads()
  }

  /** After a reload: what the tab's outbox still holds is shown again; uploads that were cut off are named. */
  restore(outbox) {
    const posts = outbox.filter((request) => request.type === 'PostMessage')
    for (const { client_id: clientId, body } of posts) this.#add({ clientId, body, at: this.visit.clock(), status: 'sending' })
    for (const file of this.visit.memory.read('tab', 'uploads') ?? []) {
      this.#add({ clientId: newId(), file, at: this.visit.clock(), status: 'failed', problem: say('upload_lost'), retryable: false })
    }
    this.visit.memory.forget('tab', 'uploads')
  }

  /** The relay answered a post. */
  answered({ client_id: clientId }, answer) {
    if (answer.type === 'Done') this.#set(clientId, { status: 'sent' })
    else this.#set(clientId, { status: 'failed', problem: answer.message })
  }

  #begin(fields) {
    const clientId = newId()
    this.#add({ clientId, at: this.visit.clock(), status: 'early', ...fields })
    this.#rememberUploads()
    this.#go(clientId)
  }

  #go(clientId) {
    const entry = this.#pending().find((other) => other.clientId === clientId)
    if (!entry || !this.visit.consultationId()) return
    this.#set(clientId, { status: 'sending', problem: '' })
    if (entry.body) this.#post(clientId, entry.body, entry.quote)
    else this.#upload(entry)
  }

  #post(clientId, body, quote) {
    const fields = { consultation: this.visit.consultationId(), client_id: clientId, body, ...(quote ? { quote: quote.seq } : {}) }
    this.visit.submit({ type: 'PostMessage', ...fields })
  }

  async #upload({ clientId, file, preview }) {
    const progress = (share) => this.#set(clientId, { progress: share })
    const outcome = await upload(this.visit.token(), this.visit.consultationId(), file, progress).catch((error) => error)
    if (outcome instanceof Error) {
      this.#set(clientId, outcome.code === 'unreachable' ? { status: 'waiting', progress: 0 } : refused(outcome))
      return
    }
    const body = bodyOf(outcome)
    if (preview) for (const id of [outcome.id, outcome.thumbnail]) if (id) this.visit.files.adopt(id, preview)
    this.#set(clientId, { body, file: null, preview: null })
    this.#rememberUploads()
    this.#post(clientId, body)
  }

  /** Names and sizes only: the bytes of a cut-off upload are gone with the page. */
  #rememberUploads() {
    const uploads = this.#pending().filter((entry) => entry.file && entry.retryable !== false).map(({ file }) => ({ name: file.name, size: file.size }))
    this.visit.memory.write('tab', 'uploads', uploads)
  }

  #pending() {
    return this.visit.store.value.state.pending
  }

  #change(how) {
    this.visit.store.set(({ state }) => ({ state: how(state) }))
  }

  #add(entry) {
    this.#change((state) => addPending(state, entry))
  }

  #set(clientId, fields) {
    this.#change((state) => changePending(state, clientId, fields))
  }
}
