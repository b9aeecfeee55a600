import { Command } from 'commander'
import { runCommandLine } from './cli/run-command-line.js'
import type { BrokerFlags } from './commands/broker.js'

const program = new Command('mqbroker')
  .description('A RocketMQ broker.')
  .option('-n, --namesrvAddr <addresses>', 'name servers, host:port, several separated by ; (default: $NAMESRV_ADDR)')
  .option('-c, --configFile <file>', 'configuration, as RocketMQ has it')
  .option('-p, --printConfigItem', 'print the configuration in effect and end')
  .option('-m, --printImportantConfig', 'print the important part of it and end')
  .option('--host <address>', 'address to listen on; 0.0.0.0 lets the network in (default: 127.0.0.1)')
  .option('--insecure', 'let the network in without asking anybody who it is')
  .option('--tls-config <file>', 'tls.* properties, as RocketMQ has them (default: /etc/rocketmq/tls.properties)')
  .option('--store <engine>', 'what keeps the messages: file (default), sqlite, or the path of a module of yours')
  .option('--log-dir <dir>', 'folder of the log files (default: logs beside the store)')
  .action(async (flags: BrokerFlags) => (await import('./commands/broker.js')).runBroker(flags))

void runCommandLine(program)
