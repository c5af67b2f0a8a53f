/** The languages that dates, prices and country names can be shown in; each one's data is a chunk, loaded when chosen. */
import type { Locale } from 'date-fns'

type CountryNames = Record<string, string | string[]>

interface Language {
  dates: () => Promise<Locale>
  countries: () => Promise<{ default: { countries: CountryNames } }>
}

export const languages: Record<string, Language> = {
  ar: {
    dates: () => import('date-fns/locale/ar').then((module) => module.ar),
    countries: () => import('i18n-iso-countries/langs/ar.json'),
  },
  bg: {
    dates: () => import('date-fns/locale/bg').then((module) => module.bg),
    countries: () => import('i18n-iso-countries/langs/bg.json'),
  },
  ca: {
    dates: () => import('date-fns/locale/ca').then((module) => module.ca),
    countries: () => import('i18n-iso-countries/langs/ca.json'),
  },
  cs: {
    dates: () => import('date-fns/locale/cs').then((module) => module.cs),
    countries: () => import('i18n-iso-countries/langs/cs.json'),
  },
  da: {
    dates: () => import('date-fns/locale/da').then((module) => module.da),
    countries: () => import('i18n-iso-countries/langs/da.json'),
  },
  de: {
    dates: () => import('date-fns/locale/de').then((module) => module.de),
    countries: () => import('i18n-iso-countries/langs/de.json'),
  },
  el: {
    dates: () => import('date-fns/locale/el').then((module) => module.el),
    countries: () => import('i18n-iso-countries/langs/el.json'),
  },
  en: {
    dates: () => import('date-fns/locale/en-GB').then((module) => module.enGB),
    countries: () => import('i18n-iso-countries/langs/en.json'),
  },
  es: {
    dates: () => import('date-fns/locale/es').then((module) => module.es),
    countries: () => import('i18n-iso-countries/langs/es.json'),
  },
  et: {
    dates: () => import('date-fns/locale/et').then((module) => module.et),
    countries: () => import('i18n-iso-countries/langs/et.json'),
  },
  fi: {
    dates: () => import('date-fns/locale/fi').then((module) => module.fi),
    countries: () => import('i18n-iso-countries/langs/fi.json'),
  },
  fr: {
    dates: () => import('date-fns/locale/fr').then((module) => module.fr),
    countries: () => import('i18n-iso-countries/langs/fr.json'),
  },
  he: {
    dates: () => import('date-fns/locale/he').then((module) => module.he),
    countries: () => import('i18n-iso-countries/langs/he.json'),
  },
  hi: {
    dates: () => import('date-fns/locale/hi').then((module) => module.hi),
    countries: () => import('i18n-iso-countries/langs/hi.json'),
  },
  hr: {
    dates: () => import('date-fns/locale/hr').then((module) => module.hr),
    countries: () => import('i18n-iso-countries/langs/hr.json'),
  },
  hu: {
    dates: () => import('date-fns/locale/hu').then((module) => module.hu),
    countries: () => import('i18n-iso-countries/langs/hu.json'),
  },
  id: {
    dates: () => import('date-fns/locale/id').then((module) => module.id),
    countries: () => import('i18n-iso-countries/langs/id.json'),
  },
  is: {
    dates: () => import('date-fns/locale/is').then((module) => module.is),
    countries: () => import('i18n-iso-countries/langs/is.json'),
  },
  it: {
    dates: () => import('date-fns/locale/it').then((module) => module.it),
    countries: () => import('i18n-iso-countries/langs/it.json'),
  },
  ja: {
    dates: () => import('date-fns/locale/ja').then((module) => module.ja),
    countries: () => import('i18n-iso-countries/langs/ja.json'),
  },
  ko: {
    dates: () => import('date-fns/locale/ko').then((module) => module.ko),
    countries: () => import('i18n-iso-countries/langs/ko.json'),
  },
  lt: {
    dates: () => import('date-fns/locale/lt').then((module) => module.lt),
    countries: () => import('i18n-iso-countries/langs/lt.json'),
  },
  lv: {
    dates: () => import('date-fns/locale/lv').then((module) => module.lv),
    countries: () => import('i18n-iso-countries/langs/lv.json'),
  },
  nb: {
    dates: () => import('date-fns/locale/nb').then((module) => module.nb),
    countries: () => import('i18n-iso-countries/langs/nb.json'),
  },
  nl: {
    dates: () => import('date-fns/locale/nl').then((module) => module.nl),
    countries: () => import('i18n-iso-countries/langs/nl.json'),
  },
  pl: {
    dates: () => import('date-fns/locale/pl').then((module) => module.pl),
    countries: () => import('i18n-iso-countries/langs/pl.json'),
  },
  pt: {
    dates: () => import('date-fns/locale/pt').then((module) => module.pt),
    countries: () => import('i18n-iso-countries/langs/pt.json'),
  },
  ro: {
    dates: () => import('date-fns/locale/ro').then((module) => module.ro),
    countries: () => import('i18n-iso-countries/langs/ro.json'),
  },
  ru: {
    dates: () => import('date-fns/locale/ru').then((module) => module.ru),
    countries: () => import('i18n-iso-countries/langs/ru.json'),
  },
  sk: {
    dates: () => import('date-fns/locale/sk').then((module) => module.sk),
    countries: () => import('i18n-iso-countries/langs/sk.json'),
  },
  sl: {
    dates: () => import('date-fns/locale/sl').then((module) => module.sl),
    countries: () => import('i18n-iso-countries/langs/sl.json'),
  },
  sv: {
    dates: () => import('date-fns/locale/sv').then((module) => module.sv),
    countries: () => import('i18n-iso-countries/langs/sv.json'),
  },
  th: {
    dates: () => import('date-fns/locale/th').then((module) => module.th),
    countries: () => import('i18n-iso-countries/langs/th.json'),
  },
  tr: {
    dates: () => import('date-fns/locale/tr').then((module) => module.tr),
    countries: () => import('i18n-iso-countries/langs/tr.json'),
  },
  uk: {
    dates: () => import('date-fns/locale/uk').then((module) => module.uk),
    countries: () => import('i18n-iso-countries/langs/uk.json'),
  },
  vi: {
    dates: () => import('date-fns/locale/vi').then((module) => module.vi),
    countries: () => import('i18n-iso-countries/langs/vi.json'),
  },
  zh: {
    dates: () => import('date-fns/locale/zh-CN').then((module) => module.zhCN),
    countries: () => import('i18n-iso-countries/langs/zh.json'),
  },
}

/** What a language calls itself, with a capital where its script has them. */
export function nameOf(code: string): string {
  const name = new Intl.DisplayNames([code], { type: 'language', fallback: 'code' }).of(code) ?? code
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1)
}
