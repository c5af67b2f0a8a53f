// The first visible link of this page that opens an address in the same tab; null while there is none.
(wanted) => {
  const plain = (address) => {
    const url = new URL(address, location.href)
    return url.origin + url.pathname.replace(/\/+$/, '') + url.search
  }
  const here = (link) => !link.target || link.target === '_self'
  const shown = (link) => link.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && link.getClientRects().length
  const leads = (link) => {
    try {
      return plain(link.href) === plain(wanted)
    } catch {
      return false // not an address
    }
  }
  return Array.from(document.links).find((link) => here(link) && !link.download && leads(link) && shown(link)) || null
}
