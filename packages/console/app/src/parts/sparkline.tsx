import { useMantineTheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import type { RateHistory } from '../live'

/** Messages in and out a second, over the last two minutes. */
export function Sparkline({
  history,
  width = 140,
  height = 36,
  axes = false,
}: {
  history: RateHistory
  width?: number
  height?: number
  axes?: boolean
}) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const { colors } = useMantineTheme()
  useEffect(() => {
    plot.current = new uPlot(
      {
        width,
        height,
        legend: { show: axes },
        cursor: { show: axes },
        axes: axes ? [{ stroke: 'gray' }, { stroke: 'gray', size: 60 }] : [{ show: false }, { show: false }],
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
        series: [
          {},
          { label: 'in/s', stroke: colors.teal[6], fill: `${colors.teal[6]}22`, width: 1.5 },
          { label: 'out/s', stroke: colors.blue[5], width: 1.5 },
        ],
      },
      [[], [], []],
      place.current!,
    )
    return () => plot.current?.destroy()
  }, [width, height, axes, colors])
  useEffect(() => {
    plot.current?.setData([history.timesMs.map((ms) => ms / 1000), history.inRates, history.outRates])
  }, [history])
  const last = `${Math.round(history.inRates.at(-1) ?? 0)} in, ${Math.round(history.outRates.at(-1) ?? 0)} out a second`
  return <div ref={place} role="img" aria-label={last} />
}
