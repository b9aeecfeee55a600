interface LogLine {
  level: number
  time: number
  msg?: string
  part?: string
  error?: { stack?: string }
}

const levels = [
  { from: 50, name: 'ERROR', color: '\u001b[31m' },
  { from: 40, name: 'WARN ', color: '\u001b[33m' },
  { from: 30, name: 'INFO ', color: '' },
  { from: 0, name: 'DEBUG', color: '\u001b[2m' },
] as const

/** A line of JSON log as a person reads it: `12:00:00.123 WARN  broker  sentence`. Any other text stays as it is. */
export function readableLine(json: string, colors: boolean): string {
  const line = parse(json)
  if (line === undefined) return json
  const { name, color } = levels.find(({ from }) => line.level >= from) ?? levels[3]
  const part = line.part === undefined ? '' : `${line.part}  `
  const text = `${timeOfDay(line.time)} ${name} ${part}${line.msg ?? ''}`
  const stack = process.env['MQ_DEBUG'] && line.error?.stack ? `\n${line.error.stack}` : ''
  return colors && color !== '' ? `${color}${text}\u001b[0m${stack}\n` : `${text}${stack}\n`
}

function parse(json: string): LogLine | undefined {
  try {
    return JSON.parse(json) as LogLine
  } catch {
    return undefined
  }
}

function timeOfDay(timeMs: number): string {
  const time = new Date(timeMs)
  const two = (value: number) => String(value).padStart(2, '0')
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')
  return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`
}
