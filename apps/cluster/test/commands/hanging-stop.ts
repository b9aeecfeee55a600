import { stopOnSignals } from '../../src/cli/until-stopped.js'

// A server whose stop never ends, for the test of a second Ctrl-C.
setInterval(() => {}, 1000)
stopOnSignals(
  () => new Promise(() => setTimeout(() => console.error('still stopping'), 400)),
  (sentence) => console.error(sentence),
)
console.log('ready')
