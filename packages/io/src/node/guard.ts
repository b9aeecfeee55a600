/** Calls somebody else's callback, so that what it throws harms neither the caller nor the callbacks after it. */
export interface Guard {
  call(callback: () => void): void
  callWith<T>(callback: (value: T) => void, value: T): void
}

export function createGuard(onError: (error: unknown) => void): Guard {
  return {
    call(callback) {
      try {
        callback()
      } catch (error) {
        onError(error)
      }
    },
    callWith(callback, value) {
      try {
        callback(value)
      } catch (error) {
        onError(error)
      }
    },
  }
}

/** Throws outside of whatever is running, so that the error is seen and nothing under way is left half done. */
export function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
