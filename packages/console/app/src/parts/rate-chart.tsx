import { useElementSize } from '@mantine/hooks'
import { useMantineTheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import type { RateHistory } from '../live'
import { rate } from '../format'

/** Messages in and out a second, with axes, as wide as there is room. */
export function RateChart({ history, height = 200 }: { history: RateHistory; height?: number }) {
  const { ref, width } = useElementSize<HTMLDivElement>()
  const plot = useRef<uPlot>(undefined)
  const { colors } = useMantineTheme()
  const hasWidth = width > 0
  useEffect(() => {
    if (!hasWidth) return
    const line = { width: 2, points: { show: false }, value: (_plot: uPlot, value: number | null) => rate(value) }
    const axis = { stroke: '#868e96', grid: { stroke: '#868e9622', width: 1 }, ticks: { show: false } }
    plot.current = new uPlot(
      {
        width: ref.current!.clientWidth,
        height,
        cursor: { y: false },
        axes: [
          { ...axis, space: 100, incrs: [10, 15, 30, 60], values: (_plot, seconds) => seconds.map(clockTime) },
          { ...axis, size: 64, values: (_plot, values) => values.map((value) => rate(value)) },
        ],
        scales: {
          x: { range: (_plot, _min, last) => [last - windowS, last] },
          y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
        },
        series: [
          { label: 'Time', value: (_plot, second) => (second ? clockTime(second) : '–') },
          { ...line, label: 'In', stroke: colors.teal[6], fill: `${colors.teal[6]}1f` },
          { ...line, label: 'Out', stroke: colors.blue[5] },
        ],
      },
      dataOf(history),
      ref.current!,
    )
    return () => plot.current?.destroy()
    // New figures and widths reach the chart that is there by the effects below.
  }, [hasWidth, height, colors, ref])
  useEffect(() => plot.current?.setData(dataOf(history)), [history])
  useEffect(() => plot.current?.setSize({ width, height }), [width, height])
  const { inRates, outRates } = history
  const label = `Messages a second: ${rate(inRates.at(-1))} in, ${rate(outRates.at(-1))} out`
  return <div ref={ref} role="img" aria-label={label} style={{ width: '100%', minHeight: height + 28 }} />
}

/** Always the same stretch of time, however much of it is known yet. */
const windowS = 120

const dataOf = ({ timesMs, inRates, outRates }: RateHistory): uPlot.AlignedData => [
  timesMs.map((ms) => ms / 1000),
  inRates,
  outRates,
]

const clockTime = (second: number): string => new Date(second * 1000).toLocaleTimeString()
