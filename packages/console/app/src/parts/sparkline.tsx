import { pointsMax, type RateHistory } from '../live'
import { rate } from '../format'

/** Room for the width of a line at the edges. */
const margin = 2

/**
 * Messages in and out a second over the last two minutes, newest at the right. Plain SVG: a table has many, and a chart
 * library's canvas for each would be slow.
 */
export function Sparkline({
  history,
  width = 140,
  height = 30,
}: {
  history: RateHistory
  width?: number
  height?: number
}) {
  const { inRates, outRates } = history
  const max = Math.max(1, ...inRates.map((one) => one ?? 0), ...outRates.map((one) => one ?? 0))
  const line = (rates: (number | null)[]) => linePath(rates, max, width, height)
  const label = `${rate(inRates.at(-1))} in, ${rate(outRates.at(-1))} out`
  return (
    <svg width={width} height={height} role="img" aria-label={label} style={{ display: 'block' }}>
      <g fill="none" strokeWidth={1.5} strokeLinejoin="round" strokeLinecap="round">
        <path d={`M0 ${height - margin}H${width}`} stroke="var(--mantine-color-default-border)" strokeWidth={1} />
        <path d={line(outRates)} stroke="var(--mantine-color-blue-5)" />
        <path d={line(inRates)} stroke="var(--mantine-color-teal-6)" />
      </g>
    </svg>
  )
}

/** What is not known is a gap. */
function linePath(rates: (number | null)[], max: number, width: number, height: number): string {
  const step = width / (pointsMax - 1)
  const left = width - (rates.length - 1) * step
  let path = ''
  let isDrawing = false
  for (const [i, value] of rates.entries()) {
    if (value !== null) {
      const y = height - margin - (value / max) * (height - 2 * margin)
      path += `${isDrawing ? 'L' : 'M'}${(left + i * step).toFixed(1)} ${y.toFixed(1)}`
    }
    isDrawing = value !== null
  }
  return path
}
