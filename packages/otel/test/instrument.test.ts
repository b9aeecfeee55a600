import { channel } from 'node:diagnostics_channel'
import { channelNames, type ConsumeEvent, type ReceivedMessage, type SendEvent } from '@mq/client'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { instrument } from '../src/index.js'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
let stop: () => void

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  stop = instrument({ tracer: provider.getTracer('test') })
})
beforeEach(() => exporter.reset())
afterAll(() => {
  stop()
  context.disable()
  propagation.disable()
})

function send(result: SendEvent['result'], error?: unknown): SendEvent {
  const message = { topic: 'Orders', body: 'påid', tags: 'new', keys: ['k1'] }
  const event: SendEvent = { group: 'PG', message, properties: {} }
  channel(channelNames.sendStart).publish(event)
  Object.assign(event, result ? { result } : { error })
  channel(channelNames.sendEnd).publish(event)
  return event
}

function consume(properties: Record<string, string>, end: Pick<ConsumeEvent, 'outcome' | 'error'>, during = () => {}) {
  const queue = { topic: 'Orders', brokerName: 'b', queueId: 3 }
  const message = { topic: 'Orders', queue, msgId: 'U1', tags: 'new', keys: ['k1'], properties } as ReceivedMessage
  const event: ConsumeEvent = { group: 'CG', message, run: (handler) => handler() }
  channel(channelNames.consumeStart).publish(event)
  void event.run(during)
  Object.assign(event, end)
  channel(channelNames.consumeEnd).publish(event)
}

const queue = { topic: 'Orders', brokerName: 'b', queueId: 0 }
const sent = { status: 'SEND_OK', msgId: 'U1', offsetMsgId: 'O1', queue, queueOffset: 0 } as const

test('a send is a span whose context travels with the message', () => {
  const { properties } = send(sent)
  const [span] = exporter.getFinishedSpans()
  expect(span).toMatchObject({ name: 'send Orders', kind: SpanKind.PRODUCER, status: { code: SpanStatusCode.UNSET } })
  expect(span!.attributes).toMatchObject({
    'messaging.system': 'rocketmq',
    'messaging.destination.name': 'Orders',
    'messaging.message.id': 'U1',
    'messaging.message.body.size': 5,
    'messaging.rocketmq.client_group': 'PG',
    'messaging.rocketmq.message.keys': ['k1'],
  })
  const { traceId, spanId } = span!.spanContext()
  expect(properties.traceparent).toBe(`00-${traceId}-${spanId}-01`)
})

test('a handler runs within a span that is a child of the send', () => {
  const { properties } = send(sent)
  let active: string | undefined
  consume(properties, {}, () => (active = trace.getActiveSpan()?.spanContext().spanId))
  const [send1, process] = exporter.getFinishedSpans()
  expect(process).toMatchObject({ name: 'process Orders', kind: SpanKind.CONSUMER })
  expect(process!.parentSpanContext?.spanId).toBe(send1!.spanContext().spanId)
  expect(process!.spanContext().traceId).toBe(send1!.spanContext().traceId)
  expect(active).toBe(process!.spanContext().spanId)
  expect(process!.attributes).toMatchObject({
    'messaging.consumer.group.name': 'CG',
    'messaging.destination.partition.id': '3',
  })
})

test('what fails is told, and a message given back is a failure', () => {
  send(undefined, new Error('no route'))
  consume({}, { error: new Error('bad order') })
  consume({}, { outcome: 'later' })
  consume({ traceparent: 'nonsense' }, { outcome: 'success' })
  expect(exporter.getFinishedSpans().map(({ status }) => status)).toEqual([
    { code: SpanStatusCode.ERROR, message: 'no route' },
    { code: SpanStatusCode.ERROR, message: 'bad order' },
    { code: SpanStatusCode.ERROR, message: 'the handler gave the message back' },
    { code: SpanStatusCode.UNSET },
  ])
})

test('stopped, it says nothing', () => {
  stop()
  expect(send(sent).properties).toEqual({})
  expect(exporter.getFinishedSpans()).toEqual([])
})
