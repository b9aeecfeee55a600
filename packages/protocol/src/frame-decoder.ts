import { asBuffer } from './buffers.js'
import { SerializeType, type ReceivedCommand } from './command.js'
import { ProtocolError } from './errors.js'
import { decodeBinaryHeader, decodeJsonHeader } from './header-codec.js'

/*
 * Frame := length:i32 | serializeType:u8 headerLength:u24 | header | body       `length` does not count itself.
 */

/** `com.rocketmq.remoting.frameMaxLength`: the length field of a frame may not be larger. */
export const defaultFrameBytesMax = 16_777_216

export interface FrameLimits {
  /** Largest value of a frame's length field, bytes. Default 16 MiB. */
  frameBytesMax?: number
}

/**
 * Cuts a byte stream into commands. Frames that lie whole in one piece are decoded in place, without a copy; a frame that
 * comes in several pieces is collected in a buffer of its own, taken only after its length has been checked.
 */
export class FrameDecoder {
  readonly #frameBytesMax: number
  /** Bytes of a length field of which less than four have come. */
  #lengthBytes = Buffer.alloc(4)
  #lengthFilled = 0
  /** The frame being collected, without its length field. */
  #partial: Buffer | undefined
  #partialFilled = 0

  constructor(limits: FrameLimits = {}) {
    this.#frameBytesMax = limits.frameBytesMax ?? defaultFrameBytesMax
  }

  /** True between frames: a stream that ends now ends cleanly. */
  get idle(): boolean {
    return this.#partial === undefined && this.#lengthFilled === 0
  }

  /**
   * Decodes what `piece` completes and calls `each` in order. Bodies are slices of `piece` where they can be.
   * Throws `ProtocolError` `FRAME_*`: the stream cannot be read any further.
   */
  decode(piece: Uint8Array, each: (command: ReceivedCommand) => void): void {
    const bytes = asBuffer(piece)
    let at = this.#partial || this.#lengthFilled ? this.#continue(bytes, each) : 0
    while (bytes.length - at >= 4) {
      const length = this.#checkLength(bytes.readInt32BE(at))
      const end = at + 4 + length
      if (end > bytes.length) {
        this.#begin(length)
        this.#partialFilled = bytes.copy(this.#partial!, 0, at + 4)
        return
      }
      each(decodeFrameContent(bytes, at + 4, end))
      at = end
    }
    if (at < bytes.length) this.#lengthFilled = bytes.copy(this.#lengthBytes, 0, at)
  }

  /** Goes on with a frame begun in an earlier piece; returns where the next one starts. */
  #continue(bytes: Buffer, each: (command: ReceivedCommand) => void): number {
    let at = 0
    if (this.#partial === undefined) {
      at = bytes.copy(this.#lengthBytes, this.#lengthFilled, 0, Math.min(bytes.length, 4 - this.#lengthFilled))
      this.#lengthFilled += at
      if (this.#lengthFilled < 4) return at
      this.#begin(this.#checkLength(this.#lengthBytes.readInt32BE(0)))
    }
    const partial = this.#partial!
    const taken = bytes.copy(partial, this.#partialFilled, at)
    this.#partialFilled += taken
    if (this.#partialFilled === partial.length) {
      this.#partial = undefined
      each(decodeFrameContent(partial, 0, partial.length))
    }
    return at + taken
  }

  #begin(length: number): void {
    this.#lengthFilled = 0
    this.#partial = Buffer.allocUnsafe(length)
    this.#partialFilled = 0
  }

  #checkLength(length: number): number {
    if (length < 4) throw new ProtocolError('FRAME_LENGTH', `a frame announces ${length} bytes, the least is 4`)
    if (length > this.#frameBytesMax) {
      throw new ProtocolError(
        'FRAME_TOO_LARGE',
        `a frame announces ${length} bytes, the limit is ${this.#frameBytesMax}`,
      )
    }
    return length
  }
}

/** Decodes what follows the length field, from `start` to `end`. */
function decodeFrameContent(bytes: Buffer, start: number, end: number): ReceivedCommand {
  const word = bytes.readUInt32BE(start)
  const serializeType = word >>> 24
  const bodyAt = start + 4 + (word & 0xff_ffff)
  if (bodyAt > end) {
    throw new ProtocolError(
      'FRAME_HEADER',
      `a frame's header announces ${word & 0xff_ffff} bytes, the frame has ${end - start - 4}`,
    )
  }
  if (serializeType !== SerializeType.JSON && serializeType !== SerializeType.ROCKETMQ) {
    throw new ProtocolError(
      'FRAME_HEADER',
      `a frame's header has serialize type ${serializeType}; known are 0 (JSON) and 1 (ROCKETMQ)`,
    )
  }
  const command =
    serializeType === SerializeType.JSON
      ? decodeJsonHeader(bytes, start + 4, bodyAt)
      : decodeBinaryHeader(bytes, start + 4, bodyAt)
  if (bodyAt < end) command.body = bytes.subarray(bodyAt, end)
  return command
}
