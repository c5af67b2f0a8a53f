/**
 * Turns text into the vector that `match_products` compares: hashed words and letter triples.
 *
 * The seed (`scripts/seed.mjs`) and the search page use this one file, so a query and a product always meet in the same
 * space. It needs no model and no network; a shop that outgrows it swaps this file and runs `npm run seed` again.
 */
export const dimensions = 256

const stopWords = new Set([
  'a',
  'an',
  'and',
  'at',
  'for',
  'from',
  'in',
  'it',
  'of',
  'on',
  'or',
  'that',
  'the',
  'to',
  'with',
])
const wordWeight = 1
const tripleWeight = 0.8

/** The unit vector of a text: `dimensions` numbers with six decimals; all zero for a text without words. */
export function embed(text: string): number[] {
  const vector = new Array<number>(dimensions).fill(0)
  for (const word of words(text)) {
    add(vector, word, wordWeight)
    const parts = triples(word)
    for (const part of parts) add(vector, part, tripleWeight / Math.sqrt(parts.length))
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return vector.map((value) => (length === 0 ? 0 : Math.round((value / length) * 1e6) / 1e6))
}

function words(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !stopWords.has(word)).map(singular)
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}

function triples(word: string): string[] {
  const framed = `<${word}>`
  return Array.from({ length: framed.length - 2 }, (_, start) => framed.slice(start, start + 3))
}

/** One hash decides place and sign, so that collisions cancel out instead of piling up. */
function add(vector: number[], feature: string, weight: number): void {
  const hash = scatter(fnv1a(feature))
  const place = hash % dimensions
  vector[place] = (vector[place] ?? 0) + (hash & 0x10000 ? weight : -weight)
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}

/** Spreads every bit over all others (the last steps of MurmurHash3): FNV alone leaves its low bits too regular. */
function scatter(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
