/** Starts the shop: navigation, the language choice, the cart's count and the build stamp. */
import * as cart from './cart'
import { fill, find, h } from './dom'
import { languages, nameOf } from './languages'
import { chooseLanguage, language } from './formats'
import { show, start } from './router'

function showCount(): void {
  find('#cart-count').textContent = String(cart.count())
}

function offerLanguages(): void {
  const select = find<HTMLSelectElement>('#language')
  const names = Object.keys(languages).map((code) => ({ code, name: nameOf(code) }))
  names.sort((a, b) => a.name.localeCompare(b.name, 'en'))
  fill(select, ...names.map(({ code, name }) => h('option', { value: code, lang: code }, name)))
  select.value = language()
  select.addEventListener('change', () => {
    chooseLanguage(select.value)
    void show()
  })
}

find('#build').textContent = find<HTMLMetaElement>('meta[name=build]').content.slice(0, 12)
cart.onChange(showCount)
showCount()
offerLanguages()
start()
