import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { channelNames, type ConsumeEvent, type SendEvent } from '@mq/client'
import { context, propagation, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api'
import { consumeAttributes, sendAttributes } from './attributes.js'

export interface InstrumentOptions {
  /** Makes the spans. Default: that of the global provider, which may be registered later. */
  tracer?: Tracer
}

/**
 * From now on each send of @mq/client in this process, and each call of a handler, is a span; the context travels in the
 * message's properties, in the form of the global propagator (W3C: `traceparent`), so that the handler's span is a child of
 * the send's. Returns the way to stop it.
 */
export function instrument({ tracer = trace.getTracer('@mq/opentelemetry') }: InstrumentOptions = {}): () => void {
  const spans = new WeakMap<object, Span>()
  const listeners: [string, (event: unknown) => void][] = [
    [channelNames.sendStart, (event) => startSend(tracer, spans, event as SendEvent)],
    [channelNames.sendEnd, (event) => endSend(spans, event as SendEvent)],
    [channelNames.consumeStart, (event) => startConsuming(tracer, spans, event as ConsumeEvent)],
    [channelNames.consumeEnd, (event) => endConsuming(spans, event as ConsumeEvent)],
  ]
  for (const [name, listener] of listeners) subscribe(name, listener)
  return () => {
    for (const [name, listener] of listeners) unsubscribe(name, listener)
  }
}

function startSend(tracer: Tracer, spans: WeakMap<object, Span>, event: SendEvent): void {
  const { topic } = event.message
  const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes: sendAttributes(event) })
  spans.set(event, span)
  propagation.inject(trace.setSpan(context.active(), span), event.properties)
}

function endSend(spans: WeakMap<object, Span>, event: SendEvent): void {
  const span = spans.get(event)
  if (event.result) span?.setAttribute('messaging.message.id', event.result.msgId)
  end(span, event.error)
}

function startConsuming(tracer: Tracer, spans: WeakMap<object, Span>, event: ConsumeEvent): void {
  const sent = propagation.extract(context.active(), event.message.properties)
  const options = { kind: SpanKind.CONSUMER, attributes: consumeAttributes(event) }
  const span = tracer.startSpan(`process ${event.message.topic}`, options, sent)
  spans.set(event, span)
  const within = trace.setSpan(sent, span)
  const { run } = event
  event.run = (handler) => context.with(within, () => run(handler))
}

function endConsuming(spans: WeakMap<object, Span>, event: ConsumeEvent): void {
  const { outcome, error } = event
  const later = outcome !== undefined && outcome !== 'success'
  end(spans.get(event), error ?? (later ? new Error('the handler gave the message back') : undefined))
}

function end(span: Span | undefined, error: unknown): void {
  if (error !== undefined) {
    const message = error instanceof Error ? error.message : String(error)
    span?.recordException(error instanceof Error ? error : message)
    span?.setStatus({ code: SpanStatusCode.ERROR, message })
  }
  span?.end()
}
