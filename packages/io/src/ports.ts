/**
 * The outside world as ports. Everything above this package reaches time, network, disk and randomness through an
 * `Io` that it is handed, never through Node's globals: so a whole cluster runs in one process, in virtual time,
 * repeatable from a seed. `@mq/io/node` talks to the real world, `@mq/io/sim` to a simulated one.
 */
export interface Io {
  readonly clock: Clock
  readonly network: Network
  readonly disk: Disk
  readonly random: Random
  readonly host: Host
}

/** Time and everything that happens later. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch, an integer. May step. */
  now(): number
  /** A clock that never goes back, milliseconds with a fraction. For measuring and deadlines. */
  monotonic(): number
  /** Runs `task` once, after `delayMs` milliseconds. The process may end before it is due: a timer holds nothing open. */
  after(delayMs: number, task: () => void): Timer
  /** Runs `task` every `periodMs` milliseconds, first after `firstDelayMs` (default: one period). Holds nothing open. */
  every(periodMs: number, task: () => void, firstDelayMs?: number): Timer
  /**
   * Runs `task` when the current turn of the event loop has handled everything that had arrived. Tasks run in the order
   * given, those added meanwhile in the same pass. This is where batching happens: one disk write, one socket write a turn.
   */
  endOfTurn(task: () => void): void
}

export interface Timer {
  cancel(): void
}

export interface Address {
  /** An IP address or a host name, without brackets. */
  readonly host: string
  readonly port: number
}

export interface Network {
  /** Listens for connections. Rejects with `IoError` (`ADDRESS_IN_USE`, `ADDRESS_NOT_AVAILABLE`, `NOT_PERMITTED`). */
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>
  /** Opens a connection. Rejects with `IoError` (`CONNECT_REFUSED`, `CONNECT_TIMEOUT`, `HOST_NOT_FOUND`, `TLS_FAILED`, …). */
  connect(options: ConnectOptions): Promise<Connection>
  /** Throws `IoError` `TLS_FAILED` when no connection can be made with these keys and certificates: they are no PEM, … */
  checkTls(tls: TlsClientOptions): void
}

export interface ListenOptions extends Address {
  /** How TLS is offered, RocketMQ's `tls.server.mode`. Default: no TLS, a TLS hello is closed with a log line. */
  tls?: TlsServerOptions
  /** Told of what is wrong with a peer (TLS spoken to a plain port, a broken handshake): one sentence each. */
  onRefused?: (remote: Address, reason: string) => void
}

export interface TlsServerOptions {
  mode: 'disabled' | 'permissive' | 'enforcing'
  /** PEM texts. */
  key?: string
  cert?: string
  ca?: string
  /** Of an encrypted key. */
  passphrase?: string
  /**
   * Must clients have a certificate of an authority of `ca`? `optional`: those without one are taken too, those with another
   * are not. Default `none`: nobody is asked.
   */
  clientCertificate?: 'none' | 'optional' | 'require'
  /** Asked at the first TLS hello when `key` and `cert` are not given: making them takes time that a start does not have. */
  makeCertificate?: () => Promise<{ key: string; cert: string }>
  /** Where the texts come from: who listens looks at these files and, when they change, has them read anew. */
  source?: { readonly paths: readonly string[]; read(): TlsServerOptions }
}

export interface ConnectOptions extends Address {
  /** Milliseconds until `CONNECT_TIMEOUT`. Default 3000. */
  timeoutMs?: number
  tls?: TlsClientOptions
  signal?: AbortSignal
}

export interface TlsClientOptions {
  /** PEM texts. */
  ca?: string
  key?: string
  cert?: string
  /** Of an encrypted key. */
  passphrase?: string
  /** Refuse servers whose certificate no authority of `ca` vouches for. Default true. */
  rejectUnauthorized?: boolean
  /** The name to find in the server's certificate. Default: the host name connected to. */
  serverName?: string
  /** Where the texts come from: who connects again and again looks at these files and, when they change, has them read anew. */
  source?: { readonly paths: readonly string[]; read(): TlsClientOptions }
}

export interface Listener {
  readonly address: Address
  /** Connections from now on get these certificates. Throws `IoError` `TLS_FAILED`, and keeps the old ones, for unusable ones. */
  renewTls(tls: TlsServerOptions): void
  /** Stops accepting; connections that are open stay open. */
  close(): Promise<void>
}

/**
 * An ordered byte stream to a peer. Callbacks are set once, right after the connection is handed over. Reading starts
 * when `onData` is set; until then, and while paused, a close by the peer is not noticed either.
 */
export interface Connection {
  readonly remote: Address
  readonly local: Address
  /** True when the bytes travel under TLS. */
  readonly secure: boolean
  /** Bytes accepted by `write` that the operating system has not taken yet. */
  readonly bufferedBytes: number
  /** Called with each piece read. The piece is the receiver's to keep; it is never written again. */
  onData: (bytes: Uint8Array) => void
  /** Called when everything written has left, after `write` returned false. */
  onDrain: () => void
  /** Called exactly once, when the connection is gone: by either side, by an error, by `destroy`. */
  onClose: (error?: IoError) => void
  /**
   * Sends the pieces, in one system call where the system has one. False: wait for `onDrain`. Their memory must not change
   * before `bufferedBytes` is 0: then the system has it all.
   */
  write(pieces: readonly Uint8Array[]): boolean
  /** Stops and resumes `onData`: back-pressure towards the peer. */
  pause(): void
  resume(): void
  /** Sends what is waiting, then closes. `onData` is not called again, and `write` returns false. */
  end(): void
  /** Closes now. */
  destroy(): void
}

/**
 * A file system. Paths are absolute. All errors are `IoError`.
 *
 * Metadata calls are synchronous: they are rare (start, roll, stop) and their order matters. Reads of data, which may have
 * to wait for a disk, are asynchronous.
 */
export interface Disk {
  /** Opens a file. `create` makes it when missing; `readOnly` refuses to write. */
  open(path: string, options?: { create?: boolean; readOnly?: boolean }): DiskFile
  exists(path: string): boolean
  /** Size in bytes and time of the last change in ms; undefined when there is no such path. */
  stat(path: string): { size: number; modifiedMs: number; directory: boolean } | undefined
  /** Names in a directory, sorted; empty when it does not exist. */
  list(path: string): string[]
  /**
   * Makes a folder with those above it. New ones last through a power loss; with `durable` false only once `syncDirectory` was
   * called on the folders they are in, which is for many folders whose loss would be noticed.
   */
  makeDirectory(path: string, options?: { durable?: boolean }): void
  remove(path: string): void
  /** Removes a directory with all that is in it. */
  removeTree(path: string): void
  rename(from: string, to: string): void
  /** Makes creations, removals and renames in a directory last through a power loss. */
  syncDirectory(path: string): void
  /** The whole file; undefined when there is none. For small files only. */
  readWhole(path: string): Uint8Array | undefined
  /** Writes a new file beside `path`, syncs it, renames it over `path`, syncs the directory: old or new, never a mixture. */
  replaceWhole(path: string, bytes: Uint8Array): void
  /** Bytes of the file system that holds `path`. */
  space(path: string): { totalBytes: number; freeBytes: number }
  /**
   * Takes an exclusive lock by a file, released with `release` or with the process. Throws `IoError` `LOCKED` when a
   * living process has it; the error names the process. `path` itself is left alone: a file `<path>.pid` is kept beside it.
   */
  lock(path: string): { release(): void }
}

export interface DiskFile {
  readonly path: string
  /** Current size in bytes. */
  size(): number
  /**
   * Writes into the page cache, at once. A write of a few kilobytes takes microseconds, less than the way through a thread
   * pool and back; the waiting is in `sync`.
   */
  write(bytes: Uint8Array, position: number): void
  /** Writes the pieces one after the other from `position`, in one system call where there is one. */
  writePieces(pieces: readonly Uint8Array[], position: number): void
  /** Makes everything written so far last through a power loss. Never retry one that failed: treat the file as unsafe. */
  sync(): Promise<void>
  /** The same, waiting. Only for small files at start, roll and stop. */
  syncNow(): void
  /** Reads into `target` from `position`; resolves with the bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  /** The same, waiting. For recovery and for small reads that are most likely in the page cache. */
  readNow(target: Uint8Array, position: number): number
  /** Sets the size; new bytes are zero and take no space. */
  truncate(size: number): void
  close(): void
}

export interface Random {
  /** 0 to 2^32 - 1. Not for secrets. */
  uint32(): number
  /** An integer from 0 to below `limit`. */
  below(limit: number): number
  /** Bytes fit for secrets (in simulation: from the seed). */
  bytes(length: number): Uint8Array
}

/** Who and where this process is. */
export interface Host {
  readonly pid: number
  readonly hostname: string
  /** Addresses of the machine's interfaces, loopback last. */
  addresses(): string[]
  /** Physical memory, bytes. */
  readonly memoryBytes: number
  /** How this process is now. */
  vitals(): ProcessVitals
  /**
   * Keeps the process from ending by itself, until what is returned is called. Timers of the clock do not, and connections
   * only while they are open: who waits for one to come back needs this.
   */
  stayAwake(): () => void
}

/** What a process takes, bytes but for `upMs`. */
export interface ProcessVitals {
  /** What it runs on, such as `Node.js v20.20.0`. */
  readonly runtime: string
  /** Milliseconds since its start. */
  readonly upMs: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  /** Of buffers and the like, outside of the heap. */
  readonly externalBytes: number
}

/** What of the outside world went wrong, as a stable code; `message` says what was tried and at which place. */
export type IoErrorCode =
  | 'ADDRESS_IN_USE'
  | 'ADDRESS_NOT_AVAILABLE'
  | 'CONNECT_REFUSED'
  | 'CONNECT_TIMEOUT'
  | 'CONNECTION_CLOSED'
  | 'CONNECTION_RESET'
  | 'HOST_NOT_FOUND'
  | 'UNREACHABLE'
  | 'TLS_FAILED'
  | 'ABORTED'
  | 'NOT_FOUND'
  | 'EXISTS'
  | 'NOT_PERMITTED'
  | 'NO_SPACE'
  | 'LOCKED'
  | 'TOO_MANY_FILES'
  | 'BAD_ADDRESS'
  | 'IO_FAILED'

export class IoError extends Error {
  override readonly name = 'IoError'
  constructor(
    readonly code: IoErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
