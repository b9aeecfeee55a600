/** Answers leave at once, and a peer that vanished without a word is noticed after some minutes. */
export const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const
