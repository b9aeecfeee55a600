import { defineCommand } from '../command.js'
import { configLines } from '../config-lines.js'
import { lines } from '../layout.js'

export const getNamesrvConfig = defineCommand({
  name: 'getNamesrvConfig',
  description: 'settings of the running name servers',
  options: {},
  examples: ['mqadmin getNamesrvConfig -n "127.0.0.1:9876;127.0.0.1:9877"'],
  run: ({ admin }) => admin.namesrvConfig(),
  print: (configs) => lines([...configs].flatMap(([address, config]) => configLines(address, config))),
})
