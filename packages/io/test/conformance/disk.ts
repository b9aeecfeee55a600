import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Disk } from '../../src/index.js'
import type { TestWorld } from './world.js'

const bytes = (text: string): Uint8Array => Buffer.from(text)

export function diskConformance(createWorld: () => TestWorld): void {
  describe('disk', () => {
    let world: TestWorld
    let disk: Disk
    const at = (name: string): string => `${world.folder}/${name}`
    const contentOf = (name: string): string => Buffer.from(disk.readWhole(at(name)) ?? bytes('(none)')).toString()
    beforeEach(() => {
      world = createWorld()
      disk = world.io.disk
    })
    afterEach(() => world.close())

    test('what is written is read, wherever it lies', async () => {
      const file = disk.open(at('a'), { create: true })
      file.write(bytes('hello'), 10_000)
      file.writePieces([bytes('wo'), bytes(''), bytes('r'), bytes('ld')], 10_005)
      await world.settle(file.sync())
      file.syncNow()
      const target = Buffer.alloc(12)
      expect(await world.settle(file.read(target, 9_999))).toBe(11)
      expect(target.toString()).toBe('\0helloworld\0')
      expect(file.readNow(target.subarray(0, 5), 10_005)).toBe(5)
      expect(target.subarray(0, 5).toString()).toBe('world')
      expect(file.readNow(target, 20_000)).toBe(0)
      expect(file.size()).toBe(10_010)
      file.close()
    })

    test('many pieces and large ones are written whole', () => {
      const pieces = Array.from({ length: 3000 }, (_, i) => Buffer.alloc(i % 97, i % 256))
      const file = disk.open(at('many'), { create: true })
      file.writePieces(pieces, 3)
      expect(Buffer.compare(disk.readWhole(at('many'))!.subarray(3), Buffer.concat(pieces))).toBe(0)
      file.close()
    })

    test('truncate cuts, and makes room that reads as zero and takes no space', () => {
      const file = disk.open(at('t'), { create: true })
      file.write(bytes('abcdefgh'), 0)
      file.truncate(3)
      file.truncate(2 ** 30)
      expect(file.size()).toBe(2 ** 30)
      const target = Buffer.alloc(5, 1)
      file.readNow(target, 1)
      expect([...target]).toEqual([98, 99, 0, 0, 0])
      file.readNow(target, 2 ** 30 - 5)
      expect([...target]).toEqual([0, 0, 0, 0, 0])
      file.close()
    })

    test('a missing file is not opened, unless it is to be made', () => {
      expect(() => disk.open(at('no'))).toThrow(expect.objectContaining({ code: 'NOT_FOUND', name: 'IoError' }))
      expect(() => disk.open(at('no'))).toThrow(at('no'))
      expect(() => disk.open(at('no/where'), { create: true })).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
      expect(disk.exists(at('no'))).toBe(false)
    })

    test('an opened file is not emptied, a read-only one not written', () => {
      disk.replaceWhole(at('r'), bytes('kept'))
      disk.open(at('r'), { create: true }).close()
      const file = disk.open(at('r'), { readOnly: true })
      expect(() => file.write(bytes('x'), 0)).toThrow(expect.objectContaining({ name: 'IoError' }))
      file.close()
      expect(contentOf('r')).toBe('kept')
    })

    test('a closed file refuses, by its name; closing twice is fine', async () => {
      const file = disk.open(at('c'), { create: true })
      file.close()
      file.close()
      expect(() => file.write(bytes('x'), 0)).toThrow(/c: the file was closed/)
      await expect(file.sync()).rejects.toThrow(/the file was closed/)
      await expect(file.read(Buffer.alloc(1), 0)).rejects.toThrow(/the file was closed/)
    })

    test('a sync under way when the file is closed still ends well', async () => {
      const file = disk.open(at('s'), { create: true })
      file.write(bytes('x'), 0)
      const syncing = file.sync()
      file.close()
      await expect(world.settle(syncing)).resolves.toBeUndefined()
    })

    test('folders: made with their parents, listed in order, removed with what is in them', () => {
      disk.makeDirectory(at('x/y/z'))
      disk.makeDirectory(at('x/y'))
      for (const name of ['b', 'a', 'C']) disk.open(at(`x/y/${name}`), { create: true }).close()
      disk.syncDirectory(at('x/y'))
      expect(disk.list(at('x/y'))).toEqual(['C', 'a', 'b', 'z'])
      expect(disk.list(at('nothing'))).toEqual([])
      expect(disk.stat(at('x/y'))).toMatchObject({ directory: true })
      disk.removeTree(at('x'))
      disk.removeTree(at('x'))
      expect(disk.exists(at('x'))).toBe(false)
      expect(() => disk.syncDirectory(at('x'))).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    })

    test('stat tells size and age, or nothing', () => {
      disk.replaceWhole(at('f'), bytes('12345'))
      const stat = disk.stat(at('f'))!
      expect(stat).toMatchObject({ size: 5, directory: false })
      expect(Math.abs(world.io.clock.now() - stat.modifiedMs)).toBeLessThan(60_000)
      expect(Number.isInteger(stat.modifiedMs)).toBe(true)
      expect(disk.stat(at('g'))).toBeUndefined()
    })

    test('rename and remove', () => {
      disk.replaceWhole(at('f'), bytes('1'))
      disk.replaceWhole(at('g'), bytes('2'))
      disk.rename(at('f'), at('g'))
      expect([contentOf('f'), contentOf('g')]).toEqual(['(none)', '1'])
      disk.remove(at('g'))
      expect(disk.exists(at('g'))).toBe(false)
      expect(() => disk.remove(at('g'))).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
      expect(() => disk.rename(at('g'), at('h'))).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    })

    test('an open file outlives its name', () => {
      const file = disk.open(at('o'), { create: true })
      disk.remove(at('o'))
      file.write(bytes('x'), 0)
      expect(file.size()).toBe(1)
      file.close()
    })

    test('replaceWhole leaves the new content and nothing else', () => {
      disk.replaceWhole(at('w'), bytes('a long first content'))
      disk.replaceWhole(at('w'), bytes('short'))
      expect(contentOf('w')).toBe('short')
      expect(disk.list(world.folder)).toEqual(['w'])
      expect(() => disk.replaceWhole(at('no/w'), bytes('x'))).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    })

    test('space is told even for a path that is not there yet', () => {
      const { totalBytes, freeBytes } = disk.space(at('not/yet'))
      expect(totalBytes).toBeGreaterThan(0)
      expect(freeBytes).toBeGreaterThan(0)
      expect(freeBytes).toBeLessThanOrEqual(totalBytes)
    })

    test('a lock is taken once, names its holder, and can be taken again after its release', () => {
      const lock = disk.lock(at('lock'))
      expect(() => disk.lock(at('lock'))).toThrow(expect.objectContaining({ code: 'LOCKED' }))
      expect(() => disk.lock(at('lock'))).toThrow(`process ${world.io.host.pid}`)
      lock.release()
      const next = disk.lock(at('lock'))
      lock.release() // A second release of the old one does not touch the new one.
      expect(() => disk.lock(at('lock'))).toThrow(expect.objectContaining({ code: 'LOCKED' }))
      next.release()
      expect(() => disk.lock(at('nowhere/lock'))).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    })
  })
}
