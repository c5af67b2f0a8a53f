// Tells, as one JSON text, what the page shows now. Called with true, it waits until there is something.
(patient) => {
  const MEDIA = new Set([
    'img', 'svg', 'canvas', 'video', 'audio', 'iframe', 'object', 'embed',
    'input', 'button', 'select', 'textarea', 'progress', 'meter',
  ])
  const MOST = 20000 // elements that are looked at before a page counts as showing something

  const boxed = (element) => {
    while (element.parentElement && getComputedStyle(element).display === 'contents') element = element.parentElement
    return element
  }
  const visible = (element) => boxed(element).checkVisibility({ opacityProperty: true, visibilityProperty: true })
  const sized = (thing) => {
    const box = thing.getBoundingClientRect()
    return box.width > 0 && box.height > 0
  }
  const written = (node) => {
    if (node.nodeType !== Node.TEXT_NODE || !/\S/.test(node.data)) return false
    const range = document.createRange()
    range.selectNode(node)
    return sized(range)
  }
  const pictured = (element) =>
    (MEDIA.has(element.localName) || getComputedStyle(element).backgroundImage.includes('url(')) && sized(element)

  let looked = 0
  const shows = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (++looked > MOST) return true
      if ((pictured(element) || Array.from(element.childNodes).some(written)) && visible(element)) return true
      if (element.shadowRoot && shows(element.shadowRoot)) return true
    }
    return false
  }

  const blank = !shows(document)
  if (patient && blank) return null
  const seen = window[Symbol.for('prodworthy')] || {}
  const text = (document.body && document.body.innerText) || ''
  const [navigation] = performance.getEntriesByType('navigation')
  return JSON.stringify({
    blank,
    title: document.title.slice(0, 2000),
    text: text.slice(0, 2000),
    textLength: text.trim().length,
    violations: seen.violations || [],
    unkept: seen.unkept || 0,
    vitals: { ttfb: navigation ? navigation.responseStart : null, fcp: seen.fcp, lcp: seen.lcp, cls: seen.cls },
  })
}
