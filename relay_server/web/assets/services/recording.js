/** A voice message being made: microphone asked, recording, ready to be heard, sent or thrown away. */

import { say } from '../texts.js'

export const LONGEST = 60
const SHORTEST = 0.5
const WARNED = { unsupported: 'record_unsupported', refused: 'record_refused', missing: 'record_missing', busy: 'record_busy' }

export class Recording {
  /**
   * `set(recording)` shows it: null or `{phase: 'asking' | 'recording' | 'ready' | 'failed', startedAt, seconds, address, note}`;
   * `makeRecorder()` returns a microphone, `send(file)` sends a file, `clock()` is in Unix seconds.
   */
  constructor({ set, makeRecorder, send, clock }) {
    Object.assign(this, { set, makeRecorder, send, clock })
    this.run = 0
  }

  async start() {
    this.cancel()
    const run = this.run
    this.recorder = this.makeRecorder()
    this.set({ phase: 'asking' })
    const problem = await this.recorder.start().then(() => '', (error) => error.message)
    if (run !== this.run) return this.recorder?.release() // cancelled while the browser asked
    if (problem) return this.set({ phase: 'failed', note: say(WARNED[problem] ?? WARNED.busy) })
    this.startedAt = this.clock()
    this.longest = setTimeout(() => this.stop(say('record_longest', { seconds: LONGEST })), LONGEST * 1000)
    return this.set({ phase: 'recording', startedAt: this.startedAt })
  }

  async stop(note = '') {
    clearTimeout(this.longest)
    const run = this.run
    const seconds = this.clock() - this.startedAt
    const blob = await this.recorder.stop()
    if (run !== this.run) return
    if (seconds < SHORTEST || !blob.size) return this.set({ phase: 'failed', note: say('record_short') })
    this.file = new File([blob], `${say('record_name')}.${blob.type.includes('mp4') ? 'm4a' : blob.type.includes('ogg') ? 'ogg' : 'webm'}`, { type: blob.type })
    this.address = URL.createObjectURL(this.file)
    this.set({ phase: 'ready', seconds, address: this.address, note })
  }

  sendIt() {
    const { file } = this
    this.cancel()
    this.send(file)
  }

  cancel() {
    this.run += 1
    clearTimeout(this.longest)
    this.recorder?.release()
    if (this.address) URL.revokeObjectURL(this.address)
    this.recorder = this.file = this.address = null
    this.set(null)
  }
}
