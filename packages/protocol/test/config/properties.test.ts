import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatProperties, parseProperties } from '../../src/index.js'

const read = (text: string) => Object.fromEntries(parseProperties(text))

describe('parseProperties', () => {
  it('reads a broker.conf as it is shipped', () => {
    const text = [
      '# Licensed to …',
      '',
      'brokerClusterName = DefaultCluster',
      'brokerName = broker-a',
      '! another comment',
      'deleteWhen=04',
      'namesrvAddr=10.0.0.1:9876;10.0.0.2:9876',
    ].join('\r\n')
    expect(read(text)).toEqual({
      brokerClusterName: 'DefaultCluster',
      brokerName: 'broker-a',
      deleteWhen: '04',
      namesrvAddr: '10.0.0.1:9876;10.0.0.2:9876',
    })
  })

  it('separates by the first of =, : and blank, keeps the others in the value', () => {
    expect(read('a:b=c\nd e:f\ng = = h\ni\nj=\n')).toEqual({ a: 'b=c', d: 'e:f', g: '= h', i: '', j: '' })
  })

  it('joins continued lines and reads escapes', () => {
    expect(read('levels=1s 5s \\\n    10s\npath=C\\:\\\\data\\\\x\nunicode=\\u0041\\t|\nodd=a\\\\\nnext=1')).toEqual({
      levels: '1s 5s 10s',
      path: 'C:\\data\\x',
      unicode: 'A\t|',
      odd: 'a\\',
      next: '1',
    })
  })

  it('keeps the last of a repeated key, and names of object members as plain keys', () => {
    expect([...parseProperties('a=1\na=2\n__proto__=x')]).toEqual([
      ['a', '2'],
      ['__proto__', 'x'],
    ])
  })

  it('reads back what formatProperties wrote', () => {
    const entry = fc.tuple(
      fc.string({ unit: 'binary' }).filter((key) => key !== '' && !/[\s\f]/.test(key)),
      fc.string({ unit: 'binary' }).map((value) => value.trim()),
    )
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([key]) => key }), (entries) => {
        expect([...parseProperties(formatProperties(entries))]).toEqual(entries)
      }),
    )
  })

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\\', '\n', '=', ':', ' ', '#', 'u', 'a', '\r', '0') }), (text) => {
        parseProperties(text)
      }),
    )
  })
})
