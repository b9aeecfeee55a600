import { Command } from 'commander'
import { runCommandLine } from './cli/run-command-line.js'
import type { NamesrvFlags } from './commands/namesrv.js'

const program = new Command('mqnamesrv')
  .description('A RocketMQ name server.')
  .option('-c, --configFile <file>', 'configuration, as RocketMQ has it')
  .option('-p, --port [port]', 'port to listen on; without one, print the configuration in effect and end')
  .option('-n, --namesrvAddr <addresses>', 'taken and not used, as in RocketMQ')
  .option('--host <address>', 'address to listen on; 0.0.0.0 lets the network in (default: 127.0.0.1)')
  .option('--insecure', 'let the network in without asking anybody who it is')
  .option('--tls-config <file>', 'tls.* properties, as RocketMQ has them (default: /etc/rocketmq/tls.properties)')
  .option('--log-dir <dir>', 'folder of the log files (default: mq-data/namesrv/logs)')
  .action(async (flags: NamesrvFlags) => (await import('./commands/namesrv.js')).runNamesrv(flags))

void runCommandLine(program)
