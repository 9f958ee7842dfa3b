/** The one place that holds what the page shows; whoever draws is told once per burst of changes. */

export class Store {
  constructor(initial) {
    this.value = initial
    this.listeners = []
    this.told = true
  }

  /** Put fields, or the result of a function of the present value. */
  set(change) {
    this.value = { ...this.value, ...(typeof change === 'function' ? change(this.value) : change) }
    if (!this.told) return
    this.told = false
    queueMicrotask(() => {
      this.told = true
      for (const listener of this.listeners) listener(this.value)
    })
  }

  listen(listener) {
    this.listeners.push(listener)
  }
}
