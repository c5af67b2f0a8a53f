import { ArcElement, Chart, DoughnutController, Legend } from 'chart.js'
import { keep, type Draw } from './chart'

Chart.register(ArcElement, DoughnutController, Legend)

export const draw: Draw = (canvas, unit, series, signal) =>
  keep(canvas, signal, ({ text, palette }) => ({
    type: 'doughnut',
    data: {
      labels: series.map(([name]) => name),
      datasets: [{ label: unit, data: series.map(([, value]) => value), backgroundColor: palette, borderWidth: 0 }],
    },
    options: { plugins: { legend: { position: 'right', labels: { color: text } } } },
  }))
