import {
  checkTopicName,
  configTable,
  configValue,
  defaultDelayLevels,
  parseDelayLevels,
  type ConfigOf,
} from '@mq/protocol'

const { text, bool, int, long, port, checked } = configValue

const name = () =>
  checked((value) =>
    checkTopicName(value) === undefined ? undefined : "letters, digits, '_', '-', '%' and '|', up to 127",
  )

const delayLevels = () =>
  checked((value) => {
    try {
      parseDelayLevels(value)
      return undefined
    } catch {
      return "delays such as '1s 5s 10s 30s 1m', with the units s, m, h and d"
    }
  })

const milliseconds = () => long({ min: 0, max: 2 ** 31 - 1 })
const javaOnly = <S, T>(schema: S, defaultValue: T, doc: string) =>
  ({ schema, default: defaultValue, doc, status: 'java-only' }) as const
const javaThreads = (defaultValue: number | undefined, what: string) =>
  javaOnly(int(), defaultValue, `Threads ${what}.`)
const planned = <S, T>(schema: S, defaultValue: T, doc: string) =>
  ({ schema, default: defaultValue, doc, status: 'planned' }) as const

/** Who the broker is and where it is found. */
const identityRows = {
  namesrvAddr: {
    schema: text(),
    default: undefined,
    doc: "Name servers, 'host:port;host:port'.",
    status: 'implemented',
    important: true,
  },
  brokerIP1: {
    schema: text(),
    default: undefined,
    doc: 'Address registered for clients. Default: the one listened on, or the first of this machine.',
    status: 'implemented',
    important: true,
  },
  brokerIP2: {
    schema: text(),
    default: undefined,
    doc: 'Address registered for slaves. Default: brokerIP1.',
    status: 'implemented',
  },
  brokerName: {
    schema: name(),
    default: undefined,
    doc: 'Name of the broker; master and slaves share it. Default: the host name.',
    status: 'implemented',
    important: true,
  },
  brokerClusterName: {
    schema: name(),
    default: 'DefaultCluster',
    doc: 'Cluster the broker belongs to.',
    status: 'implemented',
    important: true,
  },
  brokerId: {
    schema: long(),
    default: 0,
    doc: '0: master. Others are slaves, which are not implemented yet.',
    status: 'implemented',
    important: true,
  },
  listenPort: {
    schema: port(),
    default: 10_911,
    doc: 'Port for clients; listenPort - 2 answers all but pulls.',
    status: 'implemented',
  },
  bindAddress: {
    schema: text(),
    default: '127.0.0.1',
    doc: 'Address to listen on; mqbroker opens it to the network with aclEnable, client certificates or --insecure only.',
    status: 'implemented',
  },
  aclEnable: {
    schema: bool(),
    default: false,
    doc: 'Take signed requests only, by the accounts of rocketmq.acl.plain.file.',
    status: 'implemented',
  },
  'rocketmq.acl.plain.file': {
    schema: text(),
    default: undefined,
    doc: 'Accounts and their permissions. Default: conf/plain_acl.yml, below rocketmqHome.',
    status: 'implemented',
  },
  rocketmqHome: {
    schema: text(),
    default: undefined,
    doc: 'Folder that rocketmq.acl.plain.file is in. Default: $ROCKETMQ_HOME, else the working directory.',
    status: 'implemented',
  },
  regionId: { schema: text(), default: 'DefaultRegion', doc: 'MSG_REGION of send answers.', status: 'implemented' },
} as const

/** Topics, groups and permissions. */
const topicRows = {
  brokerPermission: {
    schema: int({ min: 0, max: 7 }),
    default: 6,
    doc: '2 write, 4 read, 6 both.',
    status: 'implemented',
    changeable: true,
  },
  defaultTopicQueueNums: {
    schema: int({ min: 1, max: 65_535 }),
    default: 8,
    doc: 'Queues of TBW102, the most a topic gets that comes into being by itself.',
    status: 'implemented',
    changeable: true,
  },
  autoCreateTopicEnable: {
    schema: bool(),
    default: true,
    doc: 'May topics come into being by a first message?',
    status: 'implemented',
    important: true,
    changeable: true,
  },
  autoCreateSubscriptionGroup: {
    schema: bool(),
    default: true,
    doc: 'May consumer groups come into being by a first heartbeat?',
    status: 'implemented',
    important: true,
    changeable: true,
  },
  clusterTopicEnable: {
    schema: bool(),
    default: true,
    doc: 'Make a topic named after the cluster.',
    status: 'implemented',
  },
  brokerTopicEnable: {
    schema: bool(),
    default: true,
    doc: 'Make a topic named after the broker.',
    status: 'implemented',
  },
  traceTopicEnable: {
    schema: bool(),
    default: false,
    doc: 'Make the topic of message traces at start.',
    status: 'implemented',
    important: true,
  },
  msgTraceTopicName: {
    schema: name(),
    default: 'RMQ_SYS_TRACE_TOPIC',
    doc: 'Topic of message traces.',
    status: 'implemented',
    important: true,
  },
  traceOn: {
    schema: bool(),
    default: true,
    doc: 'TRACE_ON of send answers.',
    status: 'implemented',
    changeable: true,
  },
  messageDelayLevel: {
    schema: delayLevels(),
    default: defaultDelayLevels,
    doc: 'Delays of the levels 1, 2, ….',
    status: 'implemented',
  },
  defaultQueryMaxNum: {
    schema: int({ min: 1, max: 1024 }),
    default: 32,
    doc: 'Messages of a query by unique key.',
    status: 'implemented',
  },
} as const

/** Consumers. */
const consumerRows = {
  longPollingEnable: {
    schema: bool(),
    default: true,
    doc: 'Hold pulls that find nothing as long as they ask for.',
    status: 'implemented',
    changeable: true,
  },
  shortPollingTimeMills: {
    schema: milliseconds(),
    default: 1000,
    doc: 'How long they are held otherwise, ms.',
    status: 'implemented',
    changeable: true,
  },
  notifyConsumerIdsChangedEnable: {
    schema: bool(),
    default: true,
    doc: 'Tell consumers when members of their group come or go.',
    status: 'implemented',
    changeable: true,
  },
  flushConsumerOffsetInterval: {
    schema: int({ min: 100 }),
    default: 5000,
    doc: 'How often consumer offsets are written, ms.',
    status: 'implemented',
  },
  flushDelayOffsetInterval: {
    schema: int({ min: 100 }),
    default: 10_000,
    doc: 'How often the progress of delay levels is written, ms.',
    status: 'implemented',
  },
  slaveReadEnable: {
    schema: bool(),
    default: false,
    doc: 'Send consumers that are far behind to a slave.',
    status: 'implemented',
    changeable: true,
  },
  enablePropertyFilter: {
    schema: bool(),
    default: false,
    doc: 'May consumers filter by SQL92?',
    status: 'implemented',
    changeable: true,
  },
  filterSupportRetry: {
    schema: bool(),
    default: false,
    doc: "SQL92 filters on retry topics too, by the message's own topic.",
    status: 'implemented',
    changeable: true,
  },
  filterDataCleanTimeSpan: {
    schema: long({ min: 0 }),
    default: 86_400_000,
    doc: 'How long the SQL92 filter of a group that is away is kept, ms.',
    status: 'implemented',
    changeable: true,
  },
  enableCalcFilterBitMap: planned(bool(), false, 'Bloom filters before SQL92.'),
  maxErrorRateOfBloomFilter: {
    schema: int({ min: 1, max: 99 }),
    default: 20,
    doc: "Their false hits, %. Apache's broker reads a consumerFilter.json only when it has the same.",
    status: 'implemented',
  },
  expectConsumerNumUseFilter: {
    schema: int({ min: 1, max: 1_000_000 }),
    default: 32,
    doc: 'Groups they are made for. The same goes for it.',
    status: 'implemented',
  },
} as const

/** Transactions. */
const transactionRows = {
  rejectTransactionMessage: {
    schema: bool(),
    default: false,
    doc: 'Refuse half messages.',
    status: 'implemented',
    important: true,
    changeable: true,
  },
  transactionTimeOut: {
    schema: milliseconds(),
    default: 6000,
    doc: 'Age of a half message at its first check, ms, unless it says CHECK_IMMUNITY_TIME_IN_SECONDS.',
    status: 'implemented',
    important: true,
    changeable: true,
  },
  transactionCheckMax: {
    schema: int({ min: 0 }),
    default: 15,
    doc: 'Checks of a half message before it is moved to TRANS_CHECK_MAX_TIME_TOPIC.',
    status: 'implemented',
    important: true,
    changeable: true,
  },
  transactionCheckInterval: {
    schema: int({ min: 100 }),
    default: 60_000,
    doc: 'Time between checks, ms.',
    status: 'implemented',
    important: true,
    changeable: true,
  },
  endTransactionPoolQueueCapacity: {
    schema: int({ min: 1 }),
    default: 100_000,
    doc: 'Ends of transactions that may wait for their acknowledgement; more are answered SYSTEM_BUSY.',
    status: 'implemented',
    changeable: true,
  },
} as const

/** Request-reply. */
const replyRows = {
  storeReplyMessageEnable: {
    schema: bool(),
    default: true,
    doc: 'Store replies, in the reply topic of the cluster.',
    status: 'implemented',
    changeable: true,
  },
  replyThreadPoolQueueCapacity: {
    schema: int({ min: 1 }),
    default: 10_000,
    doc: 'Replies that may wait for their requester to take them; more are answered SYSTEM_BUSY.',
    status: 'implemented',
    changeable: true,
  },
} as const

/** Limits. */
const limitRows = {
  maxMessageSize: {
    schema: int({ min: 1 }),
    default: 4_194_304,
    doc: 'Longest record, and longest body of a batch, bytes.',
    status: 'implemented',
  },
  sendThreadPoolQueueCapacity: {
    schema: int({ min: 1 }),
    default: 10_000,
    doc: 'Sends that may wait for their acknowledgement; more are answered SYSTEM_BUSY.',
    status: 'implemented',
    changeable: true,
  },
  pullThreadPoolQueueCapacity: {
    schema: int({ min: 1 }),
    default: 100_000,
    doc: 'Pulls that may be held, and that may wait for the disk; more are answered SYSTEM_BUSY.',
    status: 'implemented',
  },
  registerNameServerPeriod: {
    schema: milliseconds(),
    default: 30_000,
    doc: 'How often the broker registers, ms, 10,000 to 60,000.',
    status: 'implemented',
  },
  registerBrokerTimeoutMills: {
    schema: int({ min: 100 }),
    default: 6000,
    doc: 'How long a name server may take to answer, ms.',
    status: 'implemented',
  },
  serverChannelMaxIdleTimeSeconds: {
    schema: int({ min: 1, max: 86_400 }),
    default: 120,
    doc: 'Connections without traffic this long are closed, s.',
    status: 'implemented',
  },
} as const

const changeable = <S, T>(schema: S, defaultValue: T, doc: string) =>
  ({ schema, default: defaultValue, doc, status: 'implemented', changeable: true }) as const

/** How name servers are kept informed (`BrokerController.registerBrokerAll`). */
const registrationRows = {
  forceRegister: changeable(
    bool(),
    true,
    'Register each period; false: ask name servers first whether they know it all.',
  ),
  compressedRegister: changeable(
    bool(),
    false,
    'Deflate the topic table of registrations; their unit flags have no place in that form.',
  ),
  fetchNamesrvAddrByAddressServer: {
    schema: bool(),
    default: false,
    doc: 'Ask an address server for name servers, unless namesrvAddr names some.',
    status: 'implemented',
    important: true,
  },
  'rocketmq.namesrv.domain': {
    schema: text(),
    default: 'jmenv.tbsite.net',
    doc: 'Host of the address server, with its port unless that is 8080. A system property in Java.',
    status: 'implemented',
  },
  'rocketmq.namesrv.domain.subgroup': {
    schema: text(),
    default: 'nsaddr',
    doc: 'What is asked for there, below /rocketmq/.',
    status: 'implemented',
  },
} as const

/** Protection from too much, and from what is too slow (`BrokerFastFailure`, `BrokerController.protectBroker`). */
const protectionRows = {
  brokerFastFailureEnable: changeable(bool(), true, 'Answer requests that would wait too long SYSTEM_BUSY, at once.'),
  waitTimeMillsInSendQueue: changeable(milliseconds(), 200, 'Sends wait at most so long to be handled, ms.'),
  waitTimeMillsInPullQueue: changeable(milliseconds(), 5000, 'The same for pulls; and for the disk they read, ms.'),
  waitTimeMillsInHeartbeatQueue: changeable(milliseconds(), 31_000, 'The same for heartbeats, ms.'),
  waitTimeMillsInTransactionQueue: changeable(
    milliseconds(),
    3000,
    'The same for ends of transactions; and for the disk they wait for, ms.',
  ),
  osPageCacheBusyTimeOutMills: changeable(
    milliseconds(),
    1000,
    'Sends are refused when the disk has confirmed nothing for so long beyond 3 s, ms.',
  ),
  startAcceptSendRequestTimeStamp: changeable(
    long({ max: 8.64e15 }),
    0,
    'Sends before this time are refused, ms since 1970.',
  ),
  disableConsumeIfConsumerReadSlowly: changeable(bool(), false, 'Stop groups that read far behind the newest message.'),
  consumerFallbehindThreshold: changeable(long({ min: 0 }), 17_179_869_184, 'How far that is, bytes.'),
} as const

const javaRows = {
  sendMessageThreadPoolNums: javaThreads(1, 'that take sends'),
  pullMessageThreadPoolNums: javaThreads(undefined, 'that take pulls'),
  processReplyMessageThreadPoolNums: javaThreads(undefined, 'that take replies'),
  queryMessageThreadPoolNums: javaThreads(undefined, 'that take queries'),
  adminBrokerThreadPoolNums: javaThreads(16, 'that take admin requests'),
  clientManageThreadPoolNums: javaThreads(32, 'that take client requests'),
  consumerManageThreadPoolNums: javaThreads(32, 'that take consumer requests'),
  heartbeatThreadPoolNums: javaThreads(undefined, 'that take heartbeats'),
  endTransactionThreadPoolNums: javaThreads(undefined, 'that end transactions'),
  queryThreadPoolQueueCapacity: javaThreads(20_000, "' queue for queries"),
  clientManagerThreadPoolQueueCapacity: javaThreads(1_000_000, "' queue for client requests"),
  consumerManagerThreadPoolQueueCapacity: javaThreads(1_000_000, "' queue for consumer requests"),
  heartbeatThreadPoolQueueCapacity: javaThreads(50_000, "' queue for heartbeats"),
  serverWorkerThreads: javaThreads(8, 'of the server'),
  serverCallbackExecutorThreads: javaThreads(0, 'for callbacks'),
  serverSelectorThreads: javaThreads(3, 'that select'),
  serverOnewaySemaphoreValue: javaThreads(256, 'less: one-way calls under way'),
  serverAsyncSemaphoreValue: javaThreads(64, 'less: calls under way'),
  transferMsgByHeap: javaOnly(bool(), true, 'Copy messages through the heap.'),
  autoDeleteUnusedStats: javaOnly(bool(), false, 'Drop counters of deleted topics: always done.'),
  useEpollNativeSelector: javaOnly(bool(), false, 'Use epoll directly.'),
  messageStorePlugIn: javaOnly(text(), '', 'Java classes around the store; here a store is handed in.'),
  filterServerNums: javaOnly(int(), 0, 'Processes that run Java classes as filters (3.x).'),
  commercialEnable: javaOnly(bool(), true, 'Count by accounts of a cloud.'),
  commercialTimerCount: javaOnly(int(), 1, 'What a delayed message counts there.'),
  commercialTransCount: javaOnly(int(), 1, 'What a half message counts there.'),
  commercialBigCount: javaOnly(int(), 1, 'What a large message counts there.'),
  commercialBaseCount: javaOnly(int(), 1, 'What any message counts there.'),
  highSpeedMode: javaOnly(bool(), false, 'Read by no code of 4.7.1.'),
  flushConsumerOffsetHistoryInterval: javaOnly(int(), 60_000, 'Read by no code of 4.7.1.'),
  maxDelayTime: javaOnly(int(), 40, 'Read by no code of 4.7.1.'),
} as const

export const brokerConfigRows = {
  ...identityRows,
  ...topicRows,
  ...consumerRows,
  ...transactionRows,
  ...replyRows,
  ...limitRows,
  ...protectionRows,
  ...registrationRows,
  ...javaRows,
}

/** `BrokerConfig` and the server's part of `NettyServerConfig`, 4.7.1, with `bindAddress` of 5.x. */
export const brokerConfigTable = configTable('broker', brokerConfigRows)

/** Values of the table; name and address are settled when the broker starts. */
export type BrokerConfig = ConfigOf<typeof brokerConfigRows>
