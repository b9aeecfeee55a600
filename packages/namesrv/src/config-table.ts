import { configTable, configValue, type ConfigOf } from '@mq/protocol'

/** Keys of `namesrv.conf` (`NamesrvConfig` and `NettyServerConfig`, 4.7.1), and `bindAddress` of 5.x. */
export const namesrvConfigTable = configTable('name server', {
  listenPort: {
    schema: configValue.port(),
    default: 9876,
    doc: 'Port to listen on; 0 takes a free one.',
    status: 'implemented',
    important: true,
  },
  bindAddress: {
    schema: configValue.text(),
    default: '127.0.0.1',
    doc: 'Address to listen on. mqnamesrv listens beyond loopback with client certificates or --insecure only.',
    status: 'implemented',
    important: true,
  },
  kvConfigPath: {
    schema: configValue.text(),
    default: undefined,
    doc: 'File of the kv configuration. Without one it is kept in memory.',
    status: 'implemented',
  },
  configStorePath: {
    schema: configValue.text(),
    default: undefined,
    doc: 'Where Apache stores changed configuration. Changes last until the end of the process here.',
    status: 'planned',
  },
  rocketmqHome: {
    schema: configValue.text(),
    default: undefined,
    doc: "Folder of Apache's installation.",
    status: 'java-only',
  },
  productEnvName: {
    schema: configValue.text(),
    default: 'center',
    doc: 'Name of the environment; shown only.',
    status: 'implemented',
    changeable: true,
  },
  clusterTest: {
    schema: configValue.bool(),
    default: false,
    doc: 'Asks the name servers of the product environment for routes that are missing here.',
    status: 'planned',
  },
  orderMessageEnable: {
    schema: configValue.bool(),
    default: false,
    doc: 'Gives the queue numbers of ordered topics with their routes.',
    status: 'implemented',
    changeable: true,
  },
  serverChannelMaxIdleTimeSeconds: {
    schema: configValue.int({ min: 1 }),
    default: 120,
    doc: 'A connection on which nothing moves this long is closed, seconds.',
    status: 'implemented',
  },
  serverWorkerThreads: { schema: configValue.int(), default: 8, doc: 'Threads.', status: 'java-only' },
  serverCallbackExecutorThreads: { schema: configValue.int(), default: 0, doc: 'Threads.', status: 'java-only' },
  serverSelectorThreads: { schema: configValue.int(), default: 3, doc: 'Threads.', status: 'java-only' },
  serverOnewaySemaphoreValue: { schema: configValue.int(), default: 256, doc: 'Calls at once.', status: 'java-only' },
  serverAsyncSemaphoreValue: { schema: configValue.int(), default: 64, doc: 'Calls at once.', status: 'java-only' },
  serverSocketSndBufSize: { schema: configValue.int(), default: 65_535, doc: 'Bytes.', status: 'java-only' },
  serverSocketRcvBufSize: { schema: configValue.int(), default: 65_535, doc: 'Bytes.', status: 'java-only' },
  serverPooledByteBufAllocatorEnable: {
    schema: configValue.bool(),
    default: true,
    doc: 'Pooling.',
    status: 'java-only',
  },
  useEpollNativeSelector: { schema: configValue.bool(), default: false, doc: 'Selector.', status: 'java-only' },
})

export type NamesrvConfig = ConfigOf<(typeof namesrvConfigTable)['rows']>
