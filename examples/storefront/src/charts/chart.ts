/** What all charts share: the colours of the page, light or dark, and tidy removal. */
import { Chart, Tooltip, type ChartConfiguration } from 'chart.js'

/** Names and numbers, in the order they are shown. */
export type Series = [name: string, value: number][]

/** Draws onto a canvas; it is drawn again when the colour scheme changes, until `signal` is aborted. */
export type Draw = (canvas: HTMLCanvasElement, unit: string, series: Series, signal: AbortSignal) => void

export interface Colours {
  text: string
  rule: string
  palette: string[]
}

Chart.register(Tooltip)

/** Keeps one chart on a canvas; `configure` is asked anew whenever the colours change. */
export function keep(
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
  configure: (colours: Colours) => ChartConfiguration,
): void {
  let chart: Chart | undefined
  const draw = (): void => {
    chart?.destroy()
    const { options, ...rest } = configure(colours())
    chart = new Chart(canvas, { ...rest, options: { animation: false, maintainAspectRatio: false, ...options } })
  }
  draw()
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw, { signal })
  signal.addEventListener('abort', () => chart?.destroy())
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement)
  const read = (name: string): string => style.getPropertyValue(name).trim()
  return { text: read('--text'), rule: read('--rule'), palette: [1, 2, 3, 4, 5, 6].map((n) => read(`--series-${n}`)) }
}
