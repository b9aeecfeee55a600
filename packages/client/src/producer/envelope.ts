/** What the client itself puts on a message, beside what its application gave. */
export interface Envelope {
  /** RocketMQ's own properties, which an application may not set. */
  readonly properties: Readonly<Record<string, string>>
  /** Must travel in a frame of its own. */
  readonly alone: boolean
  /** Bits for the header's `sysFlag`. */
  readonly sysFlag?: number
  /** Default SEND_MESSAGE_V2. */
  readonly requestCode?: number
}
