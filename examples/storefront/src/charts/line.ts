import { CategoryScale, Chart, LinearScale, LineController, LineElement, PointElement } from 'chart.js'
import { keep, type Draw } from './chart'

Chart.register(CategoryScale, LinearScale, LineController, LineElement, PointElement)

export const draw: Draw = (canvas, unit, series, signal) =>
  keep(canvas, signal, ({ text, rule, palette }) => ({
    type: 'line',
    data: {
      labels: series.map(([name]) => name),
      datasets: [{ label: unit, data: series.map(([, value]) => value), borderColor: palette[0]! }],
    },
    options: {
      plugins: { legend: { display: false } },
      scales: {
        x: { ticks: { color: text }, grid: { display: false } },
        y: { beginAtZero: true, ticks: { color: text, precision: 0 }, grid: { color: rule } },
      },
    },
  }))
