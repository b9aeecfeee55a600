import { describe, expect, expectTypeOf, it } from 'vitest'
import { configTable, configValue, parseProperties, type ConfigOf } from '../../src/index.js'

const table = configTable('broker', {
  listenPort: { schema: configValue.port(), default: 10_911, doc: 'Port.', status: 'implemented', important: true },
  brokerName: { schema: configValue.text(), default: undefined, doc: 'Name.', status: 'implemented' },
  aclEnable: { schema: configValue.bool(), default: false, doc: 'Accounts.', status: 'planned' },
  warmMapedFileEnable: { schema: configValue.bool(), default: false, doc: 'Pages.', status: 'java-only' },
  flushDiskType: {
    schema: configValue.oneOf('ASYNC_FLUSH', 'SYNC_FLUSH'),
    default: 'ASYNC_FLUSH',
    doc: 'When.',
    status: 'implemented',
    changeable: true,
  },
  ratio: { schema: configValue.decimal({ max: 1 }), default: 0.2, doc: 'Share.', status: 'implemented' },
})

const read = (text: string) => table.read(parseProperties(text))

describe('configTable', () => {
  it('gives defaults, and types the values', () => {
    const { config, problems } = read('')
    expect(problems).toEqual([])
    expect(config).toEqual({
      listenPort: 10_911,
      brokerName: undefined,
      aclEnable: false,
      warmMapedFileEnable: false,
      flushDiskType: 'ASYNC_FLUSH',
      ratio: 0.2,
    })
    expectTypeOf(config.listenPort).toEqualTypeOf<number>()
    expectTypeOf(config.brokerName).toEqualTypeOf<string | undefined>()
    expectTypeOf<ConfigOf<typeof table.rows>['flushDiskType']>().toEqualTypeOf<'ASYNC_FLUSH' | 'SYNC_FLUSH'>()
  })

  it('converts values', () => {
    const { config, problems } = read('listenPort= 1 \nflushDiskType=SYNC_FLUSH\nbrokerName=b-1\nratio=0.75')
    expect(problems).toEqual([])
    expect(config).toMatchObject({ listenPort: 1, flushDiskType: 'SYNC_FLUSH', brokerName: 'b-1', ratio: 0.75 })
  })

  it.each([
    ['listenPort=70000', "listenPort must be a whole number from 0 to 65535, not '70000'"],
    ['listenPort=', "listenPort must be a whole number from 0 to 65535, not ''"],
    ['listenPort=0x10', "listenPort must be a whole number from 0 to 65535, not '0x10'"],
    ['aclEnable=yes', "aclEnable must be true or false, not 'yes'"],
    ['flushDiskType=NEVER', "flushDiskType must be one of ASYNC_FLUSH, SYNC_FLUSH, not 'NEVER'"],
    ['ratio=2', "ratio must be a number from 0 to 1, not '2'"],
  ])('refuses %s and keeps the default', (text, message) => {
    const { config, problems } = read(text)
    expect(problems).toEqual([{ kind: 'value', key: text.split('=')[0], message }])
    expect(config).toEqual(table.defaults())
  })

  it('names the nearest key for an unknown one', () => {
    expect(read('listenport=1').problems[0]).toEqual({
      kind: 'unknown',
      key: 'listenport',
      message: 'listenport is not a key of the broker configuration; did you mean listenPort?',
    })
    expect(read('warmMappedFileEnabled=1').problems[0]!.message).toContain('did you mean warmMapedFileEnable?')
    expect(read('somethingElse=1').problems[0]!.message).toBe('somethingElse is not a key of the broker configuration')
    expect(read('__proto__=1\nconstructor=2').problems.map((problem) => problem.kind)).toEqual(['unknown', 'unknown'])
    expect(read(`${'x'.repeat(100_000)}=1`).problems[0]!.message.length).toBeLessThan(150)
  })

  it('says what is not implemented, by name', () => {
    const { config, problems } = read('aclEnable=true\nwarmMapedFileEnable=true')
    expect(config.aclEnable).toBe(true)
    expect(problems.map((problem) => [problem.kind, problem.message])).toEqual([
      ['planned', 'aclEnable is not implemented yet: the value is read and has no effect'],
      ['java-only', 'warmMapedFileEnable has no effect here: it tunes what only the Java server has'],
    ])
  })

  it('changes a running configuration by allow-list, all or nothing', () => {
    const before = table.defaults()
    const changed = table.change(before, [['flushDiskType', 'SYNC_FLUSH']])
    expect(changed).toEqual({ config: { ...before, flushDiskType: 'SYNC_FLUSH' }, problems: [] })
    expect(before.flushDiskType).toBe('ASYNC_FLUSH')

    const refused = table.change(before, [
      ['flushDiskType', 'SYNC_FLUSH'],
      ['listenPort', '1'],
    ])
    expect(refused.config).toBe(before)
    expect(refused.problems.map((problem) => problem.kind)).toEqual(['not-changeable'])
  })

  it('prints what it reads', () => {
    const { config } = read('brokerName=a\\\\b\nlistenPort=5')
    expect(table.print(config)).toBe(
      'listenPort=5\nbrokerName=a\\\\b\naclEnable=false\nwarmMapedFileEnable=false\nflushDiskType=ASYNC_FLUSH\nratio=0.2\n',
    )
    expect(table.print(config, { importantOnly: true })).toBe('listenPort=5\n')
    expect(read(table.print(config)).config).toEqual(config)
  })
})

describe('configValue.checked', () => {
  it('takes what the check finds nothing wrong with', () => {
    const one = configTable('t', {
      dir: {
        schema: configValue.checked((value) => (value.startsWith('/') ? undefined : 'an absolute path')),
        default: '/',
        doc: '',
        status: 'implemented',
      },
    })
    expect(one.read([['dir', '/x']]).config.dir).toBe('/x')
    expect(one.read([['dir', 'x']]).problems[0]!.message).toBe("dir must be an absolute path, not 'x'")
  })
})
