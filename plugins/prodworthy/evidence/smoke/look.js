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

  // the colour behind a point: of the nearest element that has one; null behind a picture
  const channels = (colour) => (colour.match(/^rgba?\(([^)]*)\)$/) || ['', ''])[1].split(/[ ,/]+/).map(Number)
  const canvas = () => {
    const probe = document.createElement('i')
    probe.style.color = 'Canvas'
    document.documentElement.append(probe)
    const [red, green, blue] = channels(getComputedStyle(probe).color)
    probe.remove()
    return [red, green, blue]
  }
  const ground = (x, y) => {
    for (let element = document.elementFromPoint(x, y); element; element = element.parentElement) {
      if (pictured(element)) return null
      const [red, green, blue, alpha = 1] = channels(getComputedStyle(element).backgroundColor)
      if (alpha > 0.5) return [red, green, blue]
    }
    return canvas()
  }
  const dark = () => {
    const parts = [0.1, 0.5, 0.9]
    const points = parts.flatMap((x) => parts.map((y) => ground(x * innerWidth, y * innerHeight)))
    const told = points.filter((colour) => colour && colour.every(Number.isFinite))
    const deep = told.filter(([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue < 110)
    return told.length < 5 ? null : deep.length * 2 > told.length
  }

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text)
  const blank = !shows(document)
  if (patient && blank) return null
  const seen = window[Symbol.for('prodworthy')] || {}
  const text = (document.body && document.body.innerText) || ''
  const part = document.querySelector('main, [role=main]')
  const [navigation] = performance.getEntriesByType('navigation')
  return JSON.stringify({
    blank,
    dark: dark(),
    title: cut(document.title, 2000),
    text: cut(text, 2000),
    textLength: text.trim().length,
    main: cut((part && part.innerText) || text, 5000),
    violations: seen.violations || [],
    unkept: seen.unkept || 0,
    vitals: { ttfb: navigation ? navigation.responseStart : null, ...seen.vitals },
  })
}
