import type { Disk, DiskFile, Io } from '@mq/io'
import type { MessageStore } from '@mq/store'

/** The same object, with some of its methods put in other hands. */
function wrap<T extends object>(inner: T, changed: Partial<T>): T {
  return new Proxy(inner, {
    get(target, key) {
      if (Object.hasOwn(changed, key)) return Reflect.get(changed, key)
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
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

/** Changes what a server writes to its connections. */
export const wrapWrites = (io: Io, write: (pieces: readonly Uint8Array[]) => readonly Uint8Array[]): Io => ({
  ...io,
  network: {
    connect: (options) => io.network.connect(options),
    listen: (options, accept) =>
      io.network.listen(options, (connection) => {
        const send = connection.write.bind(connection)
        connection.write = (pieces) => send(write(pieces))
        accept(connection)
      }),
  },
})
