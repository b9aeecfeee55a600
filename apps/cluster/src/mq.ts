import { Command } from 'commander'
import { version } from '../package.json'
import { runCommandLine } from './cli/run-command-line.js'
import { defaultNamesrv } from './commands/default-namesrv.js'
import type { ConsumeFlags } from './commands/consume.js'
import type { ProduceFlags } from './commands/produce.js'
import type { StartFlags } from './commands/start.js'
import type { DumpFlags, RepairFlags, StoreFlags } from './commands/store.js'

const program = new Command('mq')
  .description('A RocketMQ cluster in one process, and a producer and a consumer to try it with.')
  .version(version)

program
  .command('start', { isDefault: true })
  .description('run name server, broker and console until Ctrl-C (also what mq does without a command)')
  .option('-c, --configFile <file>', 'further keys of a broker.conf; addresses and folders are those of the flags')
  .option('--data <dir>', 'folder of all data', 'mq-data')
  .option('--namesrv-port <port>', 'port of the name server', '9876')
  .option('--broker-port <port>', 'port of the broker', '10911')
  .option('--console-port <port>', 'port of the console', '8080')
  .option('--host <address>', 'address to listen on; 0.0.0.0 lets the network in', '127.0.0.1')
  .option('--insecure', 'let the network in without asking anybody who it is')
  .option('--tls-config <file>', 'tls.* properties, as RocketMQ has them (default: /etc/rocketmq/tls.properties)')
  .option('--store <engine>', 'what keeps the messages: file (default), sqlite, or the path of a module of yours')
  .option('--memory', 'keep everything in memory, leave nothing behind')
  .option('--log-dir <dir>', 'folder of the log files (default: logs in the data folder)')
  .option('--no-console', 'without the console')
  .action(async (flags: StartFlags) => (await import('./commands/start.js')).start(flags))

program
  .command('produce <topic> [body...]')
  .description('send messages: the bodies given, or the lines of the standard input')
  .option('--count <n>', 'send this many, taking the bodies in turn')
  .option('--size <bytes>', 'send bodies of this size, made up')
  .option('--keys <keys>', 'keys to find them by')
  .option('--tags <tag>', 'tag that consumers filter by')
  .option('--property <name=value>', 'a property; may be repeated', (one: string, all: string[] = []) => [...all, one])
  .option('--batch <n>', 'send so many at a time as one batch: to one queue, all or none')
  .option('--json', 'print each result as a line of JSON')
  .option('--tls', 'connect with TLS; NODE_EXTRA_CA_CERTS names an authority of your own')
  .option('--tls-insecure', 'the same, taking any certificate')
  .option('--tls-config <file>', 'the same, by tls.client.* properties as RocketMQ has them')
  .option('--ak <key>', 'access key (default: $MQ_ACCESS_KEY, else accessKey in $ROCKETMQ_HOME/conf/tools.yml)')
  .option('--sk <key>', 'secret key; others on this machine can read it here: rather $MQ_SECRET_KEY or tools.yml')
  .option('--namesrv <addresses>', 'name servers, host:port, several separated by ;', defaultNamesrv(process.env))
  .action(async (topic: string, bodies: string[], flags: ProduceFlags) =>
    (await import('./commands/produce.js')).produce(topic, bodies, flags),
  )

program
  .command('consume <topic>')
  .description('print the messages of a topic')
  .option(
    '--group <group>',
    'as a member of this consumer group, going on where it was (default: look, leave no trace)',
  )
  .option('--from <where>', 'first, last, or a time such as 2030-12-31T12:00; for a group: where it is new', 'first')
  .option('--count <n>', 'end after this many')
  .option('--tags <expression>', "only these: 'TagA || TagB'", '*')
  .option('--follow', 'wait for more at the end, until Ctrl-C')
  .option('--json', 'print each message as a line of JSON')
  .option('--tls', 'connect with TLS; NODE_EXTRA_CA_CERTS names an authority of your own')
  .option('--tls-insecure', 'the same, taking any certificate')
  .option('--tls-config <file>', 'the same, by tls.client.* properties as RocketMQ has them')
  .option('--ak <key>', 'access key (default: $MQ_ACCESS_KEY, else accessKey in $ROCKETMQ_HOME/conf/tools.yml)')
  .option('--sk <key>', 'secret key; others on this machine can read it here: rather $MQ_SECRET_KEY or tools.yml')
  .option('--namesrv <addresses>', 'name servers, host:port, several separated by ;', defaultNamesrv(process.env))
  .action(async (topic: string, flags: ConsumeFlags) => (await import('./commands/consume.js')).consume(topic, flags))

const store = program.command('store').description("look into a store's folder, or repair it, while no broker has it")
const configOption = ['-c, --configFile <file>', 'broker.conf the folder was written with, for file sizes'] as const

store
  .command('verify <dir>')
  .description('check every file and name each place that is wrong; exit code 1 when there is one')
  .option(...configOption)
  .option('--json', 'print each finding as a line of JSON')
  .action(async (dir: string, flags: StoreFlags) => (await import('./commands/store.js')).verify(dir, flags))

store
  .command('repair <dir>')
  .description('make consume queues, key index and checkpoint anew from the commit log')
  .option('--dry-run', 'change nothing, say what is wrong and what would be done')
  .option(...configOption)
  .option('--json', 'print the result as a line of JSON')
  .action(async (dir: string, flags: RepairFlags) => (await import('./commands/store.js')).repair(dir, flags))

store
  .command('dump <dir>')
  .description('print the records of the commit log, oldest first')
  .option('--topic <topic>', 'only of this topic')
  .option('--queue <id>', 'only of this queue')
  .option('--from <offset>', 'from this queue offset on (without --topic: commit log offset)')
  .option('--count <n>', 'end after this many')
  .option(...configOption)
  .option('--json', 'print each record as a line of JSON, bodies in base64')
  .action(async (dir: string, flags: DumpFlags) => (await import('./commands/store.js')).dump(dir, flags))

program.addHelpText(
  'after',
  `
Examples:
  mq start --data ./data
  mq produce TopicTest "hello" --tags TagA
  mq produce TopicTest --count 100000 --size 128
  mq consume TopicTest --follow
  mq consume TopicTest --group my-group --json

mq help <command> tells more. mqadmin looks into a cluster and changes it.`,
)

void runCommandLine(program)
