// Runs in every frame before the page's own scripts, and keeps what can only be heard while it happens.
// `webVitals` is Google's library, in the same scope.
const KEPT = 50 // violations of enforced policies, and as many of others
const kept = { enforce: 0, report: 0 }
const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text)
const seen = { violations: [], unkept: 0, vitals: {} }
Object.defineProperty(window, Symbol.for('prodworthy'), { value: seen })

addEventListener('securitypolicyviolation', (event) => {
  const enforced = event.disposition === 'enforce'
  if (++kept[enforced ? 'enforce' : 'report'] > KEPT) {
    if (enforced) seen.unkept += 1
    return
  }
  seen.violations.push({
    directive: String(event.effectiveDirective),
    blocked: cut(String(event.blockedURI), 500),
    source: cut(String(event.sourceFile || ''), 500),
    line: Number(event.lineNumber) || 0,
    enforced,
  })
})

if (window === top) {
  const keep = (name) => ({ value }) => {
    seen.vitals[name] = value
  }
  webVitals.onFCP(keep('fcp'))
  webVitals.onLCP(keep('lcp'), { reportAllChanges: true })
  webVitals.onCLS(keep('cls'), { reportAllChanges: true })
  webVitals.onINP(keep('inp'), { reportAllChanges: true, durationThreshold: 16 })
}
