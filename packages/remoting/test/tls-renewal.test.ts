import { IoError, type Disk, type Io, type TlsClientOptions, type TlsServerOptions } from '@mq/io'
import { simulate } from '@mq/io/sim'
import { requestCommand } from '@mq/protocol'
import { expect, test } from 'vitest'
import { createRemotingClient, RemotingServer } from '../src/index.js'
import { recordingLogger } from './helpers.js'

/** The texts of two files, read anew whenever asked for. */
function certificates(disk: Disk) {
  const paths = ['/tls/key.pem', '/tls/cert.pem'] as const
  const write = (text: string) => paths.forEach((path) => disk.replaceWhole(path, Buffer.from(text)))
  const read = (path: string) => Buffer.from(disk.readWhole(path)!).toString()
  const texts = () => ({ key: read(paths[0]), cert: read(paths[1]), source: { paths, read: texts } })
  disk.makeDirectory('/tls')
  write('first')
  return { write, texts }
}

/** The same world, noting with which certificates connections are made; `broken` ones cannot be used. */
function noting(io: Io) {
  const used: (string | undefined)[] = []
  const network: Io['network'] = {
    listen: (options, accept) => io.network.listen(options, accept),
    connect: (options) => {
      used.push(options.tls?.cert)
      return io.network.connect(options)
    },
    checkTls: ({ cert }: TlsClientOptions) => {
      if (cert === 'broken') throw new IoError('TLS_FAILED', 'the certificate is broken')
    },
  }
  return { used, io: { ...io, network } }
}

test('a client makes new connections with what its files have come to say, and keeps what it has when that is unusable', async () => {
  const sim = simulate({ seed: 1 })
  const server = new RemotingServer({ io: sim.host('server').io })
  server.handle(7, () => ({ code: 0 }))
  const tls: TlsServerOptions = { mode: 'enforcing', key: 'k', cert: 'c' }
  await sim.settle(server.listen({ host: '0.0.0.0', port: 9876, tls }))
  const { write, texts } = certificates(sim.host('client').io.disk)
  const { io, used } = noting(sim.host('client').io)
  const { lines, logger } = recordingLogger()
  const client = createRemotingClient({ io, logger, tls: texts() })
  const call = () => sim.settle(client.call('10.0.0.1:9876', requestCommand(7)))
  const reconnect = async () => {
    client.disconnect('10.0.0.1:9876')
    await sim.run(100)
    await call()
  }
  await call()
  write('second')
  await sim.run(1000)
  await call()
  expect(used).toEqual(['first'])
  await reconnect()
  write('broken')
  await sim.run(1000)
  await reconnect()
  write('third')
  await sim.run(1000)
  await reconnect()
  expect(used).toEqual(['first', 'second', 'second', 'third'])
  expect(lines).toEqual([
    'new connections from here get the certificates in /tls/key.pem, /tls/cert.pem',
    'certificates of connections from here stay as they were: the certificate is broken',
    'new connections from here get the certificates in /tls/key.pem, /tls/cert.pem',
  ])
  await sim.settle(client.close())
  write('after the end')
  await sim.run(1000)
  expect(lines).toHaveLength(3)
})

test('a server shows new connections what its files have come to say', async () => {
  const sim = simulate({ seed: 1 })
  const { io } = sim.host('server')
  const { write, texts } = certificates(io.disk)
  const { lines, logger } = recordingLogger()
  const server = new RemotingServer({ io, logger })
  server.handle(7, () => ({ code: 0 }))
  // Permissive without a certificate turns TLS away; the files bring one.
  const { source } = texts()
  const read = (): TlsServerOptions => ({ mode: 'permissive', key: texts().key, cert: texts().cert })
  const tls: TlsServerOptions = { mode: 'permissive', source: { paths: source.paths, read } }
  await sim.settle(server.listen({ host: '0.0.0.0', port: 9876, tls }))
  const client = createRemotingClient({ io: sim.host('client').io, tls: {} })
  const call = () => sim.settle(client.call('10.0.0.1:9876', requestCommand(7)))
  await expect(call()).rejects.toThrow(/TLS/)
  write('second')
  await sim.run(2000)
  expect(await call()).toMatchObject({ code: 0 })
  expect(lines.at(-1)).toBe('new connections to 0.0.0.0:9876 get the certificates in /tls/key.pem, /tls/cert.pem')
  await sim.settle(client.close())
})
