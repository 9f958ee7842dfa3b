/** Stored files as the page shows them: fetched with the session's token, kept as addresses of this page only. */

import { fetchFile } from '../adapters/http.js'

const FORGET_AFTER = 60000

export class Files {
  /** `getToken()` returns the session's token. */
  constructor(getToken) {
    this.getToken = getToken
    this.addresses = new Map()
  }

  /** Return a promise of an address an <img> can show. A failure is not remembered. */
  address(id) {
    if (!this.addresses.has(id)) {
      const fetched = fetchFile(this.getToken(), id).then((blob) => URL.createObjectURL(blob))
      fetched.catch(() => this.addresses.delete(id))
      this.addresses.set(id, fetched)
    }
    return this.addresses.get(id)
  }

  /** We have just uploaded this picture ourselves: no need to fetch it. */
  adopt(id, address) {
    this.addresses.set(id, Promise.resolve(address))
  }

  /** Let the person save a file under its own name. */
  download = async ({ id, name }) => {
    const blob = await fetchFile(this.getToken(), id)
    const address = URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' }))
    const anchor = document.createElement('a')
    Object.assign(anchor, { href: address, download: name })
    anchor.click()
    setTimeout(() => URL.revokeObjectURL(address), FORGET_AFTER)
  }

  /** Forget every picture. */
  clear() {
    for (const address of this.addresses.values()) address.then((url) => URL.revokeObjectURL(url), () => {})
    this.addresses.clear()
  }
}
