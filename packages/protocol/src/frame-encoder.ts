import { byteLength } from './buffers.js'
import { SerializeType, type RemotingCommand } from './command.js'
import { encodeBinaryHeader, encodeJsonHeader } from './header-codec.js'

/** Bodies up to this size are copied behind their header; larger ones travel as pieces of their own. */
const copiedBodyBytesMax = 32_768
/** Room taken at a time for what is copied. */
const blockBytes = 65_536

/** Blocks that nobody uses, for all encoders: a connection at rest holds none. */
const spareBlocks: Buffer[] = []
const spareBlocksMax = 32

/**
 * Collects the frames that leave together. What is small is written one after the other into a block; large bodies are
 * passed on as they are.
 *
 *     frames.add(response); frames.add(another)
 *     connection.write(frames.take())
 *     if (connection.bufferedBytes === 0) frames.release()
 */
export class FrameEncoder {
  #pieces: Uint8Array[] = []
  #block: Buffer = noBlock
  /** Full blocks that wait to be taken, and those that were taken last. */
  #filled: Buffer[] = []
  #taken: Buffer[] = []
  /** The part of the block that belongs to the next piece. */
  #from = 0
  #at = 0
  #bytes = 0

  /** Bytes collected since the last `take`. */
  get bytes(): number {
    return this.#bytes
  }

  add(command: RemotingCommand): void {
    const bodyBytes = byteLength(command.body)
    const copied = bodyBytes <= copiedBodyBytesMax ? bodyBytes : 0
    if (command.serializeType === SerializeType.JSON) this.#addJson(command, bodyBytes, copied)
    else this.#addBinary(command, bodyBytes, copied)
    if (bodyBytes > 0) this.#addBody(command.body!, copied > 0)
  }

  /** The pieces collected, in order. Nothing writes to them again, unless `release` is called. */
  take(): Uint8Array[] {
    this.#cut()
    const pieces = this.#pieces
    this.#pieces = []
    this.#bytes = 0
    this.#taken = this.#filled
    this.#filled = []
    return pieces
  }

  /** Says that nobody needs the pieces taken any more: their memory is used again. Only when nothing was added since. */
  release(): void {
    if (this.#bytes > 0) return
    if (this.#block.length === blockBytes) this.#taken.push(this.#block)
    for (const block of this.#taken) if (spareBlocks.length < spareBlocksMax) spareBlocks.push(block)
    this.#taken = []
    this.#block = noBlock
    this.#from = this.#at = 0
  }

  #addJson(command: RemotingCommand, bodyBytes: number, copied: number): void {
    const header = encodeJsonHeader(command)
    // Never more than three bytes a UTF-16 unit.
    this.#reserve(8 + header.length * 3 + copied)
    const headerBytes = this.#block.write(header, this.#at + 8)
    this.#writeLengths(headerBytes, SerializeType.JSON, bodyBytes)
    this.#advance(8 + headerBytes)
  }

  #addBinary(command: RemotingCommand, bodyBytes: number, copied: number): void {
    const header = encodeBinaryHeader(command)
    this.#reserve(8 + header.length + copied)
    header.copy(this.#block, this.#at + 8)
    this.#writeLengths(header.length, SerializeType.ROCKETMQ, bodyBytes)
    this.#advance(8 + header.length)
  }

  #writeLengths(headerBytes: number, type: SerializeType, bodyBytes: number): void {
    this.#block.writeInt32BE(4 + headerBytes + bodyBytes, this.#at)
    this.#block.writeInt32BE((type << 24) | headerBytes, this.#at + 4)
  }

  #addBody(body: Uint8Array | readonly Uint8Array[], copy: boolean): void {
    const pieces = body instanceof Uint8Array ? [body] : body
    if (!copy) this.#cut()
    for (const piece of pieces) {
      if (copy) {
        this.#block.set(piece, this.#at)
        this.#advance(piece.length)
      } else {
        this.#pieces.push(piece)
        this.#bytes += piece.length
      }
    }
  }

  #advance(bytes: number): void {
    this.#at += bytes
    this.#bytes += bytes
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#block.length) return
    this.#cut()
    if (this.#block.length === blockBytes) this.#filled.push(this.#block)
    this.#block = bytes > blockBytes ? Buffer.allocUnsafeSlow(bytes) : spareOrNewBlock()
    this.#from = this.#at = 0
  }

  #cut(): void {
    if (this.#at === this.#from) return
    this.#pieces.push(this.#block.subarray(this.#from, this.#at))
    this.#from = this.#at
  }
}

const noBlock = Buffer.alloc(0)

const spareOrNewBlock = (): Buffer => spareBlocks.pop() ?? Buffer.allocUnsafeSlow(blockBytes)

/** One command as one frame. For tests, tools and single requests; a connection uses `FrameEncoder`. */
export function encodeFrame(command: RemotingCommand): Uint8Array {
  const encoder = new FrameEncoder()
  encoder.add(command)
  const pieces = encoder.take()
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}
