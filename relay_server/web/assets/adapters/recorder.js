/** The microphone: one recording at a time, as the browser encodes it; the relay makes of it what plays everywhere. */

const KINDS = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']
const BITS_PER_SECOND = 32000

/** Whether this browser can record at all (it cannot on a page without encryption). */
const canRecord = () => !!navigator.mediaDevices?.getUserMedia && typeof MediaRecorder === 'function'

/** Return why the microphone cannot be used: `refused`, `missing` or `busy`. */
const reasonOf = ({ name }) => ({ NotAllowedError: 'refused', SecurityError: 'refused', NotFoundError: 'missing' })[name] ?? 'busy'

export class Recorder {
  /** Ask for the microphone and begin. Throw an Error whose message is the reason why not. */
  async start() {
    if (!canRecord()) throw new Error('unsupported')
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error) => { throw new Error(reasonOf(error)) })
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind))
    this.media = new MediaRecorder(this.stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND })
    this.parts = []
    this.media.addEventListener('dataavailable', ({ data }) => this.parts.push(data))
    this.media.start()
  }

  /** End it; return a promise of the recording as a Blob. */
  stop() {
    return new Promise((resolve) => {
      const done = () => resolve(new Blob(this.parts, { type: this.media.mimeType }))
      this.media.addEventListener('stop', done, { once: true })
      if (this.media.state === 'inactive') done() // the microphone was pulled out
      else this.media.stop()
      this.release()
    })
  }

  /** Let go of the microphone, so that the browser's sign goes out. */
  release() {
    for (const track of this.stream?.getTracks() ?? []) track.stop()
    this.stream = null
  }
}
