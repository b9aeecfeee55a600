const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : whole.format(value)
export const rate = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : `${short.format(value)}/s`
export const percent = (value: number | null): string => (value === null ? '–' : `${short.format(value * 100)} %`)
export const time = (ms: number | null): string => (ms ? new Date(ms).toLocaleString() : '–')

export function bytes(value: number | null): string {
  if (value === null) return '–'
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10))
  return `${short.format(value / 1024 ** power)} ${units[power]}`
}
