import type { Io } from '@mq/io'
import type { SimHost } from '@mq/io/sim'
import type { Run } from '../run.js'

export type EndOfLife = 'stop' | 'kill' | 'power loss' | 'failed start' | 'given up'

/** One life of a node's process. */
export interface Life {
  readonly startedMs: number
  /** When it served; undefined when it never came so far. */
  upMs: number | undefined
  endedMs: number | undefined
  end: EndOfLife | undefined
}

/** A stop that takes longer is ended by force, ms. */
const stopLimitMs = 30_000

/** A machine with one process that is started again whenever it has ended, as a supervisor does. */
export abstract class SimNode {
  readonly host: SimHost
  readonly lives: Life[] = []
  /** Serves. */
  up = false
  /** An orderly stop is under way. */
  stopping = false
  /** Ms from the end of a life to the next. */
  downMs = 500
  /** Nobody starts it again. */
  retired = false
  #end: (how: EndOfLife) => void = () => {}

  constructor(
    protected readonly run: Run,
    readonly name: string,
  ) {
    this.host = run.sim.host(name)
  }

  /** Starts what runs on this machine; resolves when it serves. */
  protected abstract boot(io: Io): Promise<void>
  /** Stops it in order. */
  protected abstract shutDown(): Promise<void>
  /** A start failed: false when another try makes no sense. */
  protected startFailed(_error: unknown): boolean {
    return true
  }

  get alive(): boolean {
    return this.host.alive && this.lives.length > 0 && this.lives.at(-1)!.end === undefined
  }

  /** Lives until it is retired. */
  async live(): Promise<void> {
    let io = this.host.io
    while (!this.retired) {
      await this.#liveOnce(io)
      if (this.retired) return
      await this.run.sleep(this.downMs)
      io = this.host.restart()
    }
  }

  async #liveOnce(io: Io): Promise<void> {
    const life: Life = { startedMs: this.run.nowMs, upMs: undefined, endedMs: undefined, end: undefined }
    this.lives.push(life)
    const ended = new Promise<EndOfLife>((resolve) => (this.#end = resolve))
    const failed = await Promise.race([this.#boot(io), ended])
    if (failed === undefined) {
      this.up = true
      life.upMs = this.run.nowMs
      this.run.note(this.name, this.lives.length === 1 ? 'is up' : `is up again (life ${this.lives.length})`)
    } else if (failed === 'failed start') this.host.kill()
    life.end = failed ?? (await ended)
    life.endedMs = this.run.nowMs
    this.up = false
  }

  async #boot(io: Io): Promise<'failed start' | undefined> {
    try {
      await this.boot(io)
      return undefined
    } catch (error) {
      this.run.note(this.name, `cannot start: ${(error as Error).message}`)
      if (!this.startFailed(error)) this.retired = true
      return 'failed start'
    }
  }

  /** Ends its process at once. */
  kill(how: 'kill' | 'power loss' | 'given up', why = ''): void {
    if (!this.alive) return
    this.run.note(this.name, how === 'kill' ? `killed${why}` : `${how}${why}`)
    this.up = false
    this.host.kill({ losePower: how === 'power loss' })
    this.#end(how)
  }

  /** Stops it in order; it starts again by itself. */
  async stop(): Promise<void> {
    if (!this.up || this.stopping) return
    const life = this.lives.at(-1)!
    this.stopping = true
    this.run.note(this.name, 'stops in order')
    const stopped = this.shutDown().then(
      () => true,
      (error: unknown) => this.run.note(this.name, `the stop failed: ${(error as Error).message}`),
    )
    const inOrder = await Promise.race([stopped, this.run.sleep(stopLimitMs)])
    this.stopping = false
    if (life.end !== undefined) return // A fault was faster.
    if (inOrder !== true) return this.kill('kill', ' because it did not stop')
    this.up = false
    this.host.kill()
    this.#end('stop')
  }

  /** The last stop: it stays down. */
  async retire(): Promise<void> {
    this.retired = true
    await this.stop()
  }
}
