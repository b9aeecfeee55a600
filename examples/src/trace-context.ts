import { Producer, PushConsumer } from '@mq/client'
import { instrument } from '@mq/opentelemetry'
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

const namesrv = process.env.NAMESRV ?? '127.0.0.1:9876'

// Your SDK's set-up; here spans stay in memory.
const spans = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
const stop = instrument({ tracer: provider.getTracer('example') })

const producer = await new Producer({ namesrv }).start()
await producer.send({ topic: 'ExampleTraceContext', body: 'x' })
const consumer = new PushConsumer({ namesrv, group: 'ExampleTraceContextReaders', consumeFrom: 'first' })
const parent = new Promise<string>((resolve) => {
  void consumer.subscribe('ExampleTraceContext', '*', (message) => resolve(message.property('traceparent') ?? 'none'))
})
await consumer.start()
const traceId = (await parent).split('-')[1]
await consumer.close()
await producer.close()

for (const span of spans.getFinishedSpans())
  console.log(span.name, span.spanContext().traceId === traceId ? 'in the same trace' : 'in a trace of its own')
stop()
propagation.disable()
context.disable()
