import { BarController, BarElement, CategoryScale, Chart, LinearScale } from 'chart.js'
import { keep, type Draw } from './chart'

Chart.register(BarController, BarElement, CategoryScale, LinearScale)

export const draw: Draw = (canvas, unit, series, signal) =>
  keep(canvas, signal, ({ text, rule, palette }) => ({
    type: 'bar',
    data: {
      labels: series.map(([name]) => name),
      datasets: [{ label: unit, data: series.map(([, value]) => value), backgroundColor: palette, borderRadius: 4 }],
    },
    options: {
      plugins: { legend: { display: false } },
      scales: {
        x: { ticks: { color: text }, grid: { display: false } },
        y: { beginAtZero: true, ticks: { color: text }, grid: { color: rule } },
      },
    },
  }))
