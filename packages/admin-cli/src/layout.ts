import { sprintf } from 'sprintf-js'

/** Lines in one of Apache's column layouts, which are printf formats: `%-32.32s` is 32 wide, left, cut when longer. */
export const table = (format: string, header: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  lines([header, ...rows].map((cells) => row(format, ...cells)))

export const row = (format: string, ...cells: readonly unknown[]): string => sprintf(format, ...cells)

/** One line each, the last ended too. */
export const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('')

/** `2020-06-30 12:00:00,123` in local time, as RocketMQ writes times in tables. */
export function timeText(timestampMs: number): string {
  return `${secondsText(timestampMs)},${digits(new Date(timestampMs).getMilliseconds(), 3)}`
}

/** `2020-06-30 12:00:00` in local time. */
export function secondsText(timestampMs: number): string {
  const time = new Date(timestampMs)
  const day = [digits(time.getFullYear(), 4), digits(time.getMonth() + 1), digits(time.getDate())].join('-')
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => digits(part)).join(':')}`
}

/** `20200630120000123` in local time, as RocketMQ writes times within lines. */
export const compactTimeText = (timestampMs: number): string => timeText(timestampMs).replace(/\D/g, '')

const digits = (value: number, width = 2): string => String(value).padStart(width, '0')
