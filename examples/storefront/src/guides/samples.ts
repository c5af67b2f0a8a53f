/** One question to the quote function, asked in many programming languages. */
import type { LanguageRegistration } from 'shiki/core'

export interface Sample {
  name: string
  file: string
  scope: string
  grammar: () => Promise<{ default: LanguageRegistration[] }>
}

// The samples are a few kilobytes together, so they come with the page; a grammar is a chunk, loaded when it is shown.
const texts = import.meta.glob<string>('./samples/*', { eager: true, query: '?raw', import: 'default' })

/** Samples by the word that names them in the address. */
export const samples: Record<string, Sample> = {
  shell: { name: 'Shell', file: 'quote.sh', scope: 'shellscript', grammar: () => import('@shikijs/langs/shellscript') },
  javascript: {
    name: 'JavaScript',
    file: 'quote.js',
    scope: 'javascript',
    grammar: () => import('@shikijs/langs/javascript'),
  },
  typescript: {
    name: 'TypeScript',
    file: 'quote.ts',
    scope: 'typescript',
    grammar: () => import('@shikijs/langs/typescript'),
  },
  python: { name: 'Python', file: 'quote.py', scope: 'python', grammar: () => import('@shikijs/langs/python') },
  go: { name: 'Go', file: 'quote.go', scope: 'go', grammar: () => import('@shikijs/langs/go') },
  rust: { name: 'Rust', file: 'quote.rs', scope: 'rust', grammar: () => import('@shikijs/langs/rust') },
  php: { name: 'PHP', file: 'quote.php', scope: 'php', grammar: () => import('@shikijs/langs/php') },
  java: { name: 'Java', file: 'quote.java', scope: 'java', grammar: () => import('@shikijs/langs/java') },
  kotlin: { name: 'Kotlin', file: 'quote.kt', scope: 'kotlin', grammar: () => import('@shikijs/langs/kotlin') },
  scala: { name: 'Scala', file: 'quote.scala', scope: 'scala', grammar: () => import('@shikijs/langs/scala') },
  groovy: { name: 'Groovy', file: 'quote.groovy', scope: 'groovy', grammar: () => import('@shikijs/langs/groovy') },
  clojure: { name: 'Clojure', file: 'quote.clj', scope: 'clojure', grammar: () => import('@shikijs/langs/clojure') },
  swift: { name: 'Swift', file: 'quote.swift', scope: 'swift', grammar: () => import('@shikijs/langs/swift') },
  objectivec: {
    name: 'Objective-C',
    file: 'quote.m',
    scope: 'objective-c',
    grammar: () => import('@shikijs/langs/objective-c'),
  },
  csharp: { name: 'C#', file: 'quote.cs', scope: 'csharp', grammar: () => import('@shikijs/langs/csharp') },
  fsharp: { name: 'F#', file: 'quote.fsx', scope: 'fsharp', grammar: () => import('@shikijs/langs/fsharp') },
  powershell: {
    name: 'PowerShell',
    file: 'quote.ps1',
    scope: 'powershell',
    grammar: () => import('@shikijs/langs/powershell'),
  },
  nushell: { name: 'Nushell', file: 'quote.nu', scope: 'nushell', grammar: () => import('@shikijs/langs/nushell') },
  c: { name: 'C', file: 'quote.c', scope: 'c', grammar: () => import('@shikijs/langs/c') },
  dart: { name: 'Dart', file: 'quote.dart', scope: 'dart', grammar: () => import('@shikijs/langs/dart') },
  elixir: { name: 'Elixir', file: 'quote.exs', scope: 'elixir', grammar: () => import('@shikijs/langs/elixir') },
  erlang: { name: 'Erlang', file: 'quote.erl', scope: 'erlang', grammar: () => import('@shikijs/langs/erlang') },
  haskell: { name: 'Haskell', file: 'quote.hs', scope: 'haskell', grammar: () => import('@shikijs/langs/haskell') },
  crystal: { name: 'Crystal', file: 'quote.cr', scope: 'crystal', grammar: () => import('@shikijs/langs/crystal') },
  perl: { name: 'Perl', file: 'quote.pl', scope: 'perl', grammar: () => import('@shikijs/langs/perl') },
  lua: { name: 'Lua', file: 'quote.lua', scope: 'lua', grammar: () => import('@shikijs/langs/lua') },
  r: { name: 'R', file: 'quote.R', scope: 'r', grammar: () => import('@shikijs/langs/r') },
}

export function textOf({ file }: Sample): string {
  return texts[`./samples/${file}`] ?? ''
}
