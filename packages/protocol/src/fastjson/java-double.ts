/** A number that Java holds as a double, and therefore writes with a fraction: `1.0`. */
export class JavaDouble {
  constructor(readonly value: number) {}
}

/** As `Double.toString` writes it: plain from 0.001 to 10 million, otherwise `1.0E10`. fastjson writes NaN as null. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  const size = Math.abs(value)
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) return scientific(value)
  if (Object.is(value, -0)) return '-0.0'
  return withFraction(String(value))
}

function scientific(value: number): string {
  const [digits, exponent] = value.toExponential().split('e')
  return `${withFraction(digits!)}E${Number(exponent)}`
}

const withFraction = (digits: string) => (digits.includes('.') ? digits : `${digits}.0`)
