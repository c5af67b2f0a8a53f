/** Colours code with classes only: no style attribute, so the content security policy needs no exception. */
import { createCssVariablesTheme, createHighlighterCore, type ThemedToken } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'
import { h } from '../dom'
import { textOf, type Sample } from './samples'

const theme = createCssVariablesTheme({ name: 'shop', variablePrefix: '--code-' })
const highlighter = createHighlighterCore({
  themes: [theme],
  langs: [],
  engine: createJavaScriptRegexEngine({ forgiving: true }),
})

/** The sample as a `code` element; its grammar is loaded first. */
export async function highlight(sample: Sample): Promise<HTMLElement> {
  const shiki = await highlighter
  await shiki.loadLanguage(await sample.grammar())
  const { tokens } = shiki.codeToTokens(textOf(sample).trimEnd(), { lang: sample.scope, theme: 'shop' })
  return h('code', {}, ...tokens.flatMap((line, index) => [index > 0 && '\n', ...line.map(span)]))
}

/** The theme's colours are `var(--code-token-keyword)`: the last words make the class, styles.css the colour. */
function span({ content, color }: ThemedToken): Node | string {
  const kind = /token-([a-z-]+)/.exec(color ?? '')?.[1]
  return kind ? h('span', { class: `token-${kind}` }, content) : content
}
