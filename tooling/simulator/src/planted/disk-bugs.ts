import { flushed, once, type PlantedBug } from './planted-bug.js'
import { wrapDisk, wrapFiles } from './wrap.js'

const log = /commitlog\/\d+$/
const queueFiles = /consumequeue\/.*\/\d+$/

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
]
