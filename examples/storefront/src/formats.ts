/** Dates, prices and country names in the visitor's language. */
import { formatDistance } from 'date-fns/formatDistance'
import { languages } from './languages'

const storageKey = 'storefront.language'

/** The chosen language, else the browser's first one that is offered, else English. */
export function language(): string {
  const wanted = [localStorage.getItem(storageKey), ...navigator.languages.map((tag) => tag.split('-')[0])]
  return wanted.find((code): code is string => typeof code === 'string' && code in languages) ?? 'en'
}

export function chooseLanguage(code: string): void {
  localStorage.setItem(storageKey, code)
}

/** An amount as people write it where the language is spoken: `32,00 €`. */
export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat(language(), { style: 'currency', currency }).format(cents / 100)
}

/** How long ago a day was, and the day itself for the tooltip; `day` is `YYYY-MM-DD`. */
export async function ago(day: string): Promise<{ distance: string; full: string; lang: string }> {
  const lang = language()
  const locale = await languages[lang]!.dates()
  const date = new Date(`${day}T12:00:00Z`)
  return {
    distance: formatDistance(date, new Date(), { addSuffix: true, locale }),
    full: new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeZone: 'UTC' }).format(date),
    lang,
  }
}

/** Two-letter codes and names of all countries, sorted as the language sorts. */
export async function countries(): Promise<{ code: string; name: string }[]> {
  const lang = language()
  const names = (await languages[lang]!.countries()).default.countries
  return Object.entries(names)
    .map(([code, name]) => ({ code, name: Array.isArray(name) ? (name[0] ?? code) : name }))
    .sort((a, b) => a.name.localeCompare(b.name, lang))
}
