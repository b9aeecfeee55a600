import type { Check } from './check.js'
import { message, must, mustEqual, topic } from './subject.js'

export const keepingChecks: Check[] = [
  {
    name: 'messages, offsets and places last over close and start; nothing is given twice',
    onlyDurable: true,
    async run(subject) {
      const placed = await subject.put(message('a'), message('b'), message('other', { queueId: 1 }))
      await subject.reopen()
      mustEqual(await subject.bodies(), ['a', 'b'], 'what a queue holds after close and start')
      mustEqual(subject.store.maxOffset(topic, 1), 1, 'maxOffset of another queue after close and start')
      const [next] = await subject.put(message('c'))
      mustEqual(next!.queueOffset, 2, 'the first queue offset after close and start')
      const end = placed.at(-1)!.endOffset
      must(next!.commitLogOffset >= end, `the place ${next!.commitLogOffset} was given again after close and start`)
    },
  },
  {
    name: 'an acknowledged message survives what the acknowledgement level promises',
    onlyDurable: true,
    async run(subject) {
      const { world, store } = subject
      if (!world.losePower || store.acknowledges !== 'flushed') return
      await subject.put(message('a'), message('b'))
      await subject.open(world.losePower())
      mustEqual(
        await subject.bodies(),
        ['a', 'b'],
        "what is left of two messages acknowledged as 'flushed' after a power loss",
      )
    },
  },
  {
    name: 'close answers who waits, refuses what comes after, and may be called twice',
    async run(subject) {
      const placed = subject.append(message('last'))
      let status = 'none'
      subject.store.whenAcknowledged(placed.endOffset, true, (answer) => (status = answer))
      await subject.settle(subject.store.close(), 'close')
      mustEqual(status, 'OK', 'the acknowledgement of what was appended before close')
      must(subject.store.refusal !== undefined, 'a closed store has no refusal')
      const late = subject.store.append(message('late'))
      must(!late.ok, 'a closed store takes messages')
      mustEqual(late.reason, 'SERVICE_NOT_AVAILABLE', 'the reason for refusing a message after close')
      await subject.settle(subject.store.close(), 'a second close')
    },
  },
  {
    name: 'a store that was not started refuses with a sentence',
    async run(subject) {
      await subject.settle(subject.store.close(), 'close')
      const store = subject.create()
      const early = store.append(message('early'))
      must(!early.ok && early.message.length > 0, 'a store that was not started takes messages')
    },
  },
  {
    name: 'documents are read back, replaced as a whole, and stay within their folder',
    async run(subject) {
      const { documents } = subject.store
      must(documents.read('topics.json') === undefined, 'a document that was never written can be read')
      documents.write('topics.json', '{"a":1}')
      documents.write('topics.json', '{"b":{0:2}}')
      mustEqual(documents.read('topics.json'), { b: { 0: 2 } }, 'a document that was written twice')
      documents.write('topics.json', '{"half')
      mustEqual(documents.read('topics.json'), { b: { 0: 2 } }, 'a document whose last version cannot be read')
      documents.write('topics.json', '{"c":3}')
      for (const name of ['../x', 'a/b', 'a\u0000b', '']) {
        let taken = true
        try {
          documents.write(name, '{}')
        } catch {
          taken = false
        }
        must(!taken, `a document of the name ${JSON.stringify(name)} was taken: it must be refused`)
      }
    },
  },
  {
    name: 'documents last over close and start',
    onlyDurable: true,
    async run(subject) {
      subject.store.documents.write('consumerOffset.json', '{"offset":5}')
      await subject.reopen()
      mustEqual(subject.store.documents.read('consumerOffset.json'), { offset: 5 }, 'a document after close and start')
    },
  },
  {
    name: 'topics that are not wanted go, system topics stay, and a topic begins anew at 0',
    async run(subject) {
      const schedule = 'SCHEDULE_TOPIC_XXXX'
      await subject.put(message('a'), message('b', { topic: 'Kept' }), message('c', { topic: schedule }))
      mustEqual(subject.store.cleanUnusedTopics(new Set(['Kept'])), [topic], 'topics dropped')
      mustEqual([...subject.store.queues().keys()].sort(), ['Kept', schedule], 'topics that are left')
      mustEqual(await subject.bodies(), [], 'what a dropped topic holds')
      mustEqual(await subject.bodies({ topic: 'Kept' }), ['b'], 'what another topic holds')
      mustEqual(
        (await subject.put(message('new')))[0]!.queueOffset,
        0,
        'the first offset of a topic after it was dropped',
      )
    },
  },
  {
    name: 'a topic that was dropped stays so over close and start',
    onlyDurable: true,
    async run(subject) {
      await subject.put(message('a'), message('b', { topic: 'Kept' }))
      subject.store.cleanUnusedTopics(new Set(['Kept']))
      await subject.reopen()
      mustEqual([...subject.store.queues().keys()], ['Kept'], 'topics that are left after close and start')
      mustEqual((await subject.put(message('new')))[0]!.queueOffset, 0, 'the first offset of a topic that was dropped')
      await subject.reopen()
      mustEqual(await subject.bodies(), ['new'], 'what a topic holds that was dropped and written again')
    },
  },
  {
    name: 'retention leaves what is not over, and figures that fit together',
    async run(subject) {
      await subject.put(message('a'), message('b'))
      await subject.settle(subject.store.cleanExpired(), 'cleanExpired')
      mustEqual(await subject.bodies(), ['a', 'b'], 'what a queue holds after cleanExpired at once')
      const stats = subject.store.stats()
      must(stats.commitLogMinOffset <= stats.commitLogMaxOffset, 'the log of stats() ends before it begins')
      mustEqual(stats.putMessages, 2, 'putMessages of stats()')
    },
  },
]
