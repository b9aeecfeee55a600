import { asBuffer, crc32Full, readInt64, recordQueueOffset, writeInt64 } from '@mq/protocol'
import { fileOf } from '../cluster/broker-node.js'
import { flushed, once, type PlantedBug } from './planted-bug.js'
import { wrapDisk, wrapFiles, wrapStore } from './wrap.js'

const log = /commitlog\/\d+$/
const queueFiles = /consumequeue\/.*\/\d+$/
const indexFiles = /index\/\d+$/
const checkpointFile = /\/checkpoint$/
/** Of our own note in the checkpoint, of a field of it, and of its checksum. */
const noteAt = 1024
const flushedToAt = noteAt + 52
const crcAt = noteAt + 72

/** Mistakes with files. */
export const diskBugs: readonly PlantedBug[] = [
  {
    name: 'the error of a sync is swallowed',
    foundBy: ['no-loss', 'drains', 'starts', 'unchanging-offsets'],
    plan: flushed('failing-sync', 'power-loss'),
    brokerIo: (io) => wrapFiles(io, log, (file) => ({ sync: () => file.sync().catch(() => {}) })),
  },
  {
    name: 'the log is never synced',
    foundBy: ['no-loss', 'drains', 'starts', 'unchanging-offsets'],
    plan: flushed('power-loss'),
    brokerIo: (io) => wrapFiles(io, log, () => ({ sync: async () => {}, syncNow: () => {} })),
  },
  {
    name: 'directories are not synced',
    foundBy: ['no-loss', 'drains', 'starts', 'unchanging-offsets'],
    plan: (plan) => ({ ...flushed('power-loss')(plan), logFileBytes: 8192 }),
    brokerIo: (io) => wrapDisk(io, () => ({ syncDirectory: () => {} })),
  },
  {
    name: 'a write to the log is lost now and then',
    foundBy: ['no-loss', 'drains', 'starts', 'dense-offsets', 'none-invented'],
    plan: flushed('kill-broker'),
    brokerIo: (io) => {
      const isLost = once(40)
      return wrapFiles(io, log, (file) => ({
        writePieces: (pieces, position) => (isLost() ? undefined : file.writePieces(pieces, position)),
      }))
    },
  },
  {
    name: 'consume queue entries one place too far',
    foundBy: ['dense-offsets', 'no-loss', 'drains', 'none-invented', 'starts'],
    plan: flushed('restart-broker'),
    brokerIo: (io) =>
      wrapFiles(io, queueFiles, (file) => ({
        writePieces: (pieces, position) => file.writePieces(pieces, position > 0 ? position + 20 : position),
      })),
  },
  {
    name: 'the error of a full disk is swallowed',
    foundBy: ['no-loss', 'drains', 'starts', 'dense-offsets', 'unchanging-offsets', 'none-invented'],
    plan: flushed('no-space', 'kill-broker'),
    brokerIo: (io) =>
      wrapFiles(io, log, (file) => ({
        writePieces: (pieces, position) => {
          try {
            file.writePieces(pieces, position)
          } catch {
            // As if it had been written.
          }
        },
      })),
  },
  {
    name: 'the checkpoint says that more was flushed than was',
    foundBy: ['equals-replay', 'no-loss', 'starts', 'dense-offsets', 'unchanging-offsets'],
    plan: (plan) => ({ ...flushed('power-loss', 'slow-sync')(plan), checkpointMs: 1000, bodyBytesMax: 2000 }),
    brokerIo: (io) =>
      wrapFiles(io, checkpointFile, (file) => ({
        write(bytes, position) {
          if (position !== noteAt) return file.write(bytes, position)
          const whole = Buffer.alloc(4096)
          file.readNow(whole, 0)
          whole.set(bytes, noteAt)
          writeInt64(whole, readInt64(whole, flushedToAt) + 4096, flushedToAt)
          whole.writeUInt32BE(0, crcAt)
          whole.writeUInt32BE(crc32Full(whole), crcAt)
          file.write(whole.subarray(noteAt, crcAt + 4), noteAt)
        },
      })),
  },
  {
    name: 'recovery overlooks the newest file of the log',
    foundBy: ['no-loss', 'drains', 'dense-offsets', 'unchanging-offsets', 'starts'],
    plan: (plan) => ({ ...flushed('kill-broker')(plan), logFileBytes: 8192 }),
    brokerIo: (io) =>
      wrapDisk(io, (disk) => ({
        list: (path) =>
          disk.list(path).slice(0, path.endsWith('/commitlog') && disk.list(path).length > 1 ? -1 : undefined),
      })),
  },
  {
    name: 'the entries of a queue are put into its file in front of those before',
    foundBy: ['equals-replay', 'dense-offsets', 'no-loss', 'starts', 'drains'],
    plan: flushed(),
    brokerIo: (io) => {
      const isWrong = once(9)
      return wrapFiles(io, queueFiles, (file) => ({
        writePieces: (pieces, position) =>
          file.writePieces(pieces, position >= 20 && isWrong() ? position - 20 : position),
      }))
    },
  },
  {
    name: 'a write to the key index is lost now and then',
    foundBy: ['found-by-key', 'equals-replay'],
    plan: flushed(),
    brokerIo: (io) => {
      const isLost = once(5)
      return wrapFiles(io, indexFiles, (file) => ({
        write: (bytes, position) => (isLost() ? undefined : file.write(bytes, position)),
        writePieces: (pieces, position) => (isLost() ? undefined : file.writePieces(pieces, position)),
      }))
    },
  },
  {
    name: 'damaged records are given out as they are',
    foundBy: ['none-invented'],
    plan: (plan) => ({
      ...flushed('bit-flip')(plan),
      ...{ checkpointMs: 1000, stormMs: 20_000, logFileBytes: 65_536 },
    }),
    store: (store, io) =>
      wrapStore(store, (inner) => ({
        async get(request) {
          const result = await inner.get(request)
          const [first] = result.pieces
          if (first && recordQueueOffset(asBuffer(first)) === request.queueOffset) return result
          const [entry] = await inner.entries(request.topic, request.queueId, request.queueOffset, 1)
          if (!entry) return result
          const { path, position } = fileOf(entry.commitLogOffset, 65_536)
          const bytes = Buffer.alloc(entry.size)
          io.disk.open(path, { readOnly: true }).readNow(bytes, position)
          const nextOffset = request.queueOffset + 1
          return { ...result, status: 'FOUND', nextOffset, pieces: [bytes], messageCount: 1, bytes: entry.size }
        },
      })),
  },
]
