// Runs in every frame before the page's own scripts, and keeps what can only be heard while it happens.
(() => {
  const KEPT = 50 // violations of enforced policies, and as many of others
  const kept = { enforce: 0, report: 0 }
  const seen = { violations: [], unkept: 0, fcp: null, lcp: null, cls: null }
  Object.defineProperty(window, Symbol.for('prodworthy'), { value: seen })

  addEventListener('securitypolicyviolation', (event) => {
    const enforced = event.disposition === 'enforce'
    if (++kept[enforced ? 'enforce' : 'report'] > KEPT) {
      if (enforced) seen.unkept += 1
      return
    }
    seen.violations.push({
      directive: String(event.effectiveDirective),
      blocked: String(event.blockedURI).slice(0, 500),
      source: String(event.sourceFile || '').slice(0, 500),
      line: Number(event.lineNumber) || 0,
      enforced,
    })
  })

  const observe = (type, handle) => {
    try {
      new PerformanceObserver((list) => list.getEntries().forEach(handle)).observe({ type, buffered: true })
    } catch {} // not every browser knows every type
  }
  observe('paint', (entry) => {
    if (entry.name === 'first-contentful-paint') seen.fcp = entry.startTime
  })
  observe('largest-contentful-paint', (entry) => {
    seen.lcp = entry.startTime
  })
  // the largest window of shifts less than 1 s apart and 5 s long: https://web.dev/articles/cls
  let windowStart = 0, windowEnd = 0, windowSum = 0
  observe('layout-shift', (entry) => {
    if (entry.hadRecentInput) return
    if (entry.startTime - windowEnd > 1000 || entry.startTime - windowStart > 5000) {
      windowStart = entry.startTime
      windowSum = 0
    }
    windowEnd = entry.startTime
    windowSum += entry.value
    seen.cls = Math.max(seen.cls || 0, windowSum)
  })
})()
