import type { LocalTransaction, ReceivedMessage, TransactionState } from '@mq/client'
import { TopicName } from '@mq/protocol'
import { checkAsked, type Asked } from '../checkers/asked.js'
import { undelivered } from '../checkers/undelivered.js'
import { ConsumerNode } from '../clients/consumer-node.js'
import { TransactionNode } from '../clients/transaction-node.js'
import type { Cluster } from '../cluster/cluster.js'
import { idOf, type Delivered, type Sent } from '../history.js'
import type { Run } from '../run.js'
import { type Intent, Ledger } from './ledger.js'
import type { Workload } from './workload.js'

const topic = 'Transacted'
const group = 'TransactedGroup'
/** Looks after the transactions that brokers have given up. */
const operators = 'Operators'

/** What a producer wants of its transactions, each as often as it stands here. */
const intents: readonly Intent[] = [
  ...(['commit', 'commit', 'commit', 'commit', 'roll back', 'roll back', 'throw'] as const),
  ...(['commit later', 'commit later', 'roll back later', 'never end'] as const),
]

/** Transactions that end in every way there is: a message is seen when, and only when, its transaction has been committed. */
export function transactionWorkload(run: Run, cluster: Cluster): Workload {
  const ledger = new Ledger()
  const asked: Asked[] = []

  const sendSome = (node: TransactionNode): void => {
    const count = 1 + node.io.random.below(Math.min(4, run.plan.burstMax))
    for (let i = 0; i < count; i++) sendOne(run, ledger, node)
  }
  const check = (message: ReceivedMessage, node: TransactionNode): TransactionState => {
    const id = idOf(message.body)
    const state = ledger.ask(id)
    asked.push({ id, times: Number(message.property('TRANSACTION_CHECK_TIMES')), topic: message.topic })
    run.count('checks')
    run.note(node.name, `is asked about ${id}: ${state}`)
    return state
  }
  const consume = ({ id, queue }: Delivered): void => {
    // What is given back comes from the retry topic.
    if (queue.topic === topic) seeCommitted(run, ledger, id)
  }

  return {
    async start() {
      const { namesrv } = cluster
      await cluster.createTopic(topic)
      for (let i = 0; i < run.plan.producers; i++)
        cluster.producers.push(new TransactionNode(run, `producer-${i}`, namesrv, { sendSome, check }))
      for (let i = 0; i < run.plan.consumers; i++)
        cluster.consumers.push(new ConsumerNode(run, `consumer-${i}`, namesrv, { topic, group, consume }))
      const operator = { topic: TopicName.TRANSACTION_CHECK_MAX_TIME, group: operators, consume() {} }
      cluster.consumers.push(new ConsumerNode(run, 'operator', namesrv, operator))
      await cluster.start([...cluster.producers, ...cluster.consumers])
    },
    missing: () =>
      undelivered(run, cluster, group, ({ id }) => ledger.stateOf(id) === 'commit') ??
      undelivered(run, cluster, operators, ({ id }) => ledger.isHopeless(id)),
    check: () => checkAsked(run, cluster, asked),
  }
}

function sendOne(run: Run, ledger: Ledger, node: TransactionNode): void {
  const { random } = node.io
  const intent = intents[random.below(intents.length)]!
  const begin = ({ id }: Sent): { local: LocalTransaction; notRun: () => void } => {
    ledger.begin(id, intent, node, random.below(3))
    return { local: () => localTransaction(run, ledger, node, id, intent), notRun: () => ledger.abandon(id) }
  }
  const checkImmunitySeconds = random.below(6) === 0 ? 1 + random.below(3) : undefined
  void node.sendInTransaction({ topic }, begin, { checkImmunitySeconds })
}

/** Takes its time; with faults of clients it also happens that its process dies before or behind it. */
async function localTransaction(
  run: Run,
  ledger: Ledger,
  node: TransactionNode,
  id: string,
  intent: Intent,
): Promise<TransactionState> {
  const { random, clock } = node.io
  const dies = run.plan.faults.includes('kill-client') && random.below(50) === 0
  const diesBefore = random.below(2) === 0
  if (random.below(3) === 0) await new Promise<void>((done) => clock.after(1 + random.below(3000), done))
  if (dies && diesBefore) node.kill('kill', ` before its transaction ${id}`)
  if (!node.alive) return 'unknown'
  const state = ledger.carryOut(id)
  run.note(node.name, `${id}: ${intent}`)
  if (dies) node.kill('kill', ` behind its transaction ${id}`)
  if (intent === 'throw') throw new Error('the local transaction failed, as it was to')
  return state
}

function seeCommitted(run: Run, ledger: Ledger, id: string): void {
  const state = ledger.stateOf(id)
  if (state === 'commit') return
  if (state === 'rollback') run.violate('rollback-final', `${id} was consumed, and had been rolled back`)
  else run.violate('half-unseen', `${id} was consumed while its transaction was ${state ?? 'unheard of'}`)
}
