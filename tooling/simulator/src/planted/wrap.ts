import type { Connection, Disk, DiskFile, Io } from '@mq/io'
import { FrameDecoder, FrameEncoder, type ReceivedCommand, type RemotingCommand } from '@mq/protocol'
import type { MessageStore } from '@mq/store'

/** The same object, with some of its methods put in other hands. */
function wrap<T extends object>(inner: T, changed: Partial<T>): T {
  return new Proxy(inner, {
    get(target, key) {
      if (Object.hasOwn(changed, key)) return Reflect.get(changed, key)
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, key, value) => Reflect.set(target, key, value),
  })
}

export const wrapStore = (store: MessageStore, change: (store: MessageStore) => Partial<MessageStore>): MessageStore =>
  wrap(store, change(store))

export const wrapDisk = (io: Io, change: (disk: Disk) => Partial<Disk>): Io => ({
  ...io,
  disk: wrap(io.disk, change(io.disk)),
})

/** Changes files whose path matches. */
export const wrapFiles = (io: Io, path: RegExp, change: (file: DiskFile) => Partial<DiskFile>): Io =>
  wrapDisk(io, (disk) => ({
    open: (name, options) => {
      const file = disk.open(name, options)
      return path.test(name) ? wrap(file, change(file)) : file
    },
  }))

/** The same world, with connections a server accepts in other hands. */
const wrapAccepted = (io: Io, change: (connection: Connection) => Connection): Io => ({
  ...io,
  network: {
    connect: (options) => io.network.connect(options),
    checkTls: (tls) => io.network.checkTls(tls),
    listen: (options, accept) => io.network.listen(options, (connection) => accept(change(connection))),
  },
})

/** Changes what a server writes to its connections. */
export const wrapWrites = (io: Io, write: (pieces: readonly Uint8Array[]) => readonly Uint8Array[]): Io =>
  wrapAccepted(io, (connection) => wrap(connection, { write: (pieces) => connection.write(write(pieces)) }))

/** Changes the commands a server gets. */
export const wrapRequests = (io: Io, change: (command: ReceivedCommand) => RemotingCommand): Io =>
  wrapAccepted(io, (connection) => {
    const decoder = new FrameDecoder()
    const encoder = new FrameEncoder()
    const changed = (bytes: Uint8Array): Uint8Array => {
      decoder.decode(bytes, (command) => encoder.add(change(command)))
      return Buffer.concat(encoder.take())
    }
    return new Proxy(wrap(connection, {}), {
      set(target, key, value) {
        const receive = value as Connection['onData']
        return Reflect.set(target, key, key === 'onData' ? (bytes: Uint8Array) => receive(changed(bytes)) : value)
      },
    })
  })
