/** Names made in the browser: ULIDs, so that what was made later sorts later (the same shape as relay_protocol.ids). */

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Return a 26-character ULID for `now` (Unix milliseconds); `entropy` is 10 random bytes. */
export function ulid(now, entropy) {
  let number = BigInt(now) & ((1n << 48n) - 1n)
  for (const byte of entropy) number = (number << 8n) | BigInt(byte)
  let text = ''
  for (let shift = 125n; shift >= 0n; shift -= 5n) text += CROCKFORD[Number((number >> shift) & 31n)]
  return text
}

/** Return a new ULID from the browser's clock and its source of chance. */
export const newId = () => ulid(Date.now(), crypto.getRandomValues(new Uint8Array(10)))

/** Return the event stream of one consultation. */
export const streamOf = (consultation) => `consultation/${consultation}`

/** Return the consultation a stream belongs to. */
export const consultationOf = (stream) => stream.replace(/^consultation\//, '')
