/** The relay's HTTP side: session, uploads, files. Tokens travel in headers and bodies, never in addresses. */

/** A refusal or a failure. `code` is the relay's, or `unreachable`; `message` is a Chinese sentence for people. */
export class RelayError extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }

  /** Whether trying again later can help. */
  get passing() {
    return ['unreachable', 'internal', 'rate_limited'].includes(this.code)
  }
}

const unreachable = () => new RelayError('unreachable', '网络不通，请稍后再试。')

async function refusal(response) {
  const body = await response.json().catch(() => null)
  if (body?.code) return new RelayError(body.code, body.message)
  return new RelayError(response.status >= 500 ? 'internal' : 'bad_input', '服务暂时不可用，请稍后再试。')
}

async function ask(address, options) {
  const response = await fetch(address, { cache: 'no-store', credentials: 'omit', ...options }).catch(() => null)
  if (response === null) throw unreachable()
  if (!response.ok) throw await refusal(response)
  return response
}

/** Return `{token, taxpayer, expires_at}` for an identity token, an old token, or nobody. */
export async function openSession(app, identity, token) {
  const body = JSON.stringify({ app, identity, token })
  const response = await ask('/api/taxpayer/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  return response.json()
}

/** Make a token worthless. Nobody waits for it: the page may be going away. */
export function closeSession(token) {
  ask('/api/taxpayer/logout', { method: 'POST', headers: { Authorization: `Bearer ${token}` }, keepalive: true }).catch(() => {})
}

/** Return the bytes of a file as a Blob. */
export async function fetchFile(token, id) {
  const response = await ask(`/api/files/${encodeURIComponent(id)}`, { headers: { Authorization: `Bearer ${token}` } })
  return response.blob()
}

/** Upload a file and return its attachment; `onProgress` hears a share from 0 to 1. (fetch tells no progress yet.) */
export function upload(token, consultation, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', '/api/uploads')
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.setRequestHeader('X-Consultation', consultation)
    request.setRequestHeader('X-File-Name', encodeURIComponent(file.name))
    request.responseType = 'json'
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onerror = () => reject(unreachable())
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve(request.response)
      const { code, message } = request.response ?? {}
      return reject(new RelayError(code ?? (request.status >= 500 ? 'internal' : 'bad_input'), message ?? '没有上传成功，请重试。'))
    }
    request.send(file)
  })
}
